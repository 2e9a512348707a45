import test from 'ava';
import { redact } from '../../../src/anchor/redact.js';

test('of a process the log does not show what is in its environment', (t) => {
  const process = { Path: 'make', Env: ['A=hunter2', 'B=] "hunter2", \\'], Args: ['-k'] };
  for (const text of [JSON.stringify(process), JSON.stringify(process, undefined, 2)]) {
    const shown = redact(text);
    t.notRegex(shown, /hunter/);
    t.regex(shown, /"Path": ?"make", ?"Env": ?\[…\], ?"Args": ?\[ ?"-k" ?\]/);
  }
  for (const incomplete of ['{"Env":["A=hunter2', '{"Env":["A=hunter2"', '{"Env":["A=\\"hunter2']) {
    t.is(redact(incomplete), '{"Env":[…');
  }
  t.is(redact('{"Path":"Env","Args":["Env"]}'), '{"Path":"Env","Args":["Env"]}');
});
