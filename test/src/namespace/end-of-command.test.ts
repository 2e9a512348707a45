import test from 'ava';
import { endOfCommand } from '../../../src/namespace/end-of-command.js';

const end = (json: boolean | 'optional' | undefined, text: string) =>
  endOfCommand(json)(Buffer.from(text));

test('a line is complete at its newline', (t) => {
  t.is(end(undefined, '127.0.0.1'), 0);
  t.is(end(false, '127.0.0.1\n'), 10);
  t.is(end(undefined, '{\n'), 2);
  t.is(end(undefined, 'one\ntwo\nthr'), 8);
});

test('JSON is complete when its brackets close', (t) => {
  t.is(end(true, '{"a":\n'), 0);
  t.is(end(true, '{"a": "}"\n'), 0);
  t.is(end(true, '{"a": 1}\n'), 9);
});

test('where JSON is optional it begins with a brace, and any other text is a line', (t) => {
  t.is(end('optional', '127.0.0.1'), 0);
  t.is(end('optional', '127.0.0.1\n'), 10);
  t.is(end('optional', '\n'), 1);
  t.is(end('optional', '{"a":\n'), 0);
  t.is(end('optional', ' {"a": {\n}'), 0);
  t.is(end('optional', ' {"a": {\n}}'), 11);
});
