import { command, type Element, kind } from '../../../src/kinds/table.js';

const dead = { alive: false, async scrub() {} };

/** A fire, for which `circuit start` can be given wood. */
export const fire = kind<Element>('fire', {
  about: 'This anchor is a fire.',
  start: {
    flags: '--wood [SOCKET]',
    help: 'where the wood is',
    check: (value) => {
      if (value === 'wet') throw new Error('wood is dry');
    },
  },
  make: {
    file: 'mkfire',
    help: 'make it a fire',
    argument: '[HEARTH]',
    parse: () => () => dead,
  },
  files: {
    set: command(() => {}, 'put a pot on it', { argument: '<POT...>', example: 'echo big > set' }),
    poke: command(() => {}, 'poke it', { argument: '<POKER>', first: true }),
    peek: command(() => {}, 'look at it'),
  },
});

/** A trap, which has files of the same names. */
export const trap = kind<Element>('trap', {
  about: 'This anchor is a trap.',
  make: { file: 'mktrap', help: 'make it a trap', parse: () => () => dead },
  files: {
    set: command(() => {}, 'set it', { argument: '<BAIT...>', example: 'echo cheese > set' }),
    peek: command(() => {}, 'look at it from far away'),
  },
});
