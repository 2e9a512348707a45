import test from 'ava';
import { Command } from 'commander';
import { addCommands, operandsOf } from '../../../src/cli/commands.js';
import { type Verb, verbs } from '../../../src/cli/verbs.js';
import { Registry } from '../../../src/kinds/registry.js';
import { fire, trap } from './toy-kinds.js';

const registry = new Registry([fire, trap]);

function verb(name: string): Verb {
  const found = verbs(registry).find((each) => each.name === name);
  if (!found) throw new Error(`no verb ${name}`);
  return found;
}

test('the help of a verb is true of each kind that has it', (t) => {
  t.is(verb('poke').help, 'poke it');
  t.is(
    verb('peek').help,
    'its state, as JSON: State is what the daemon of this mount knows (member), or look at it (fire), or look at it from far away (trap)',
  );
  t.is(verb('set').help, 'put a pot on it (fire), or set it (trap)');
  t.is(verb('scrub').help, 'end it at once, and remove it');
  t.deepEqual(verb('set').of, ['fire', 'trap']);
});

test('a verb takes the arguments that its kinds have, in their order', (t) => {
  const circuit = new Command();
  addCommands((name, description) => circuit.command(name).description(description), registry);
  const usage = (name: string) => circuit.commands.find((each) => each.name() === name)?.usage();
  t.is(usage('set'), '[options] <ANCHOR> [POT|BAIT...]');
  t.is(usage('mkfire'), '[options] <ANCHOR> [HEARTH]');
  t.is(usage('poke'), '[options] <POKER> <ANCHOR>');
  t.deepEqual(operandsOf(verb('set'), ['/X/a', ['big', 'pot']]), {
    path: '/X/a',
    words: ['big', 'pot'],
  });
  t.deepEqual(operandsOf(verb('poke'), ['iron', '/X/a']), { path: '/X/a', words: ['iron'] });
  t.deepEqual(operandsOf(verb('mkfire'), ['/X/a', 'h']), { path: '/X/a', words: ['h'] });
  t.deepEqual(operandsOf(verb('mkfire'), ['/X/a', undefined]), { path: '/X/a', words: [] });
});

test('a verb has a line to copy, and where its kinds have other ones, that of each', (t) => {
  t.is(verb('poke').example, 'echo > poke');
  t.is(verb('set').example, 'echo big > set (fire), or echo cheese > set (trap)');
});
