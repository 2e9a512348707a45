import { command, json, kind, source, value } from '../table.js';
import { NoteElement } from './note-element.js';

/**
 * A text on an anchor, for what a cluster's scripts want to tell each other: a version, a leader, a
 * switch. Every program can set it and read it; the last one that sets it wins. A program that waits
 * for `next` gets the first text that is set after it has opened that file.
 */
export const note = kind<NoteElement>('note', {
  about: 'This anchor is a note: a text that every program can set and read, and wait for.',
  make: {
    file: 'mknote',
    help: 'make it a note with this text',
    example: 'echo hello > mknote',
    argument: '<TEXT...>',
    parse: (text) => () => new NoteElement(text),
  },
  files: {
    text: value((element) => element.text, 'its text'),
    set: command((element, text) => element.set(text), 'give it another text', {
      example: 'echo hello > set',
      argument: '<TEXT...>',
    }),
    next: source((element) => element.next(), 'wait until another text is set, and print that'),
    peek: json((element) => ({ Text: element.text }), 'its state, as JSON'),
  },
});
