import test from 'ava';
import { redactEnvironment } from '../../../src/kinds/redact-environment.js';

test('the log does not show the environment of a process', (t) => {
  const shown = '{"Path":"make","Env":"…","Args":["-k"]}';
  for (const Env of [['A=hunter2'], ['B=] "hunter2", \\'], { A: 'hunter2' }, 'hunter2']) {
    const process = { Path: 'make', Env, Args: ['-k'] };
    t.is(redactEnvironment(JSON.stringify(process)), shown);
    t.is(redactEnvironment(JSON.stringify(process, undefined, 2)), shown);
  }
  t.is(redactEnvironment('{"path":"make","\\u0065nv":["hunter2"]}'), '{"path":"make","env":"…"}');
  t.is(redactEnvironment('{"Path":"Env","Args":["Env"]}'), '{"Path":"Env","Args":["Env"]}');
  for (const text of [
    '{"Env":["hunter2',
    '{"Env":[hunter2]}',
    '[["A"],"hunter2"',
    '"Env":"hunter2"',
  ]) {
    t.is(redactEnvironment(text), `(${text.length} characters that are no JSON)`);
  }
});

test('a command of a process of any length is shown in part', (t) => {
  const long = 'x'.repeat(8 * 1024 * 1024);
  t.true(redactEnvironment(JSON.stringify({ Env: [long], Args: [long] })).length <= 501);
});
