import test from 'ava';
import { parseCommand } from '../../../../src/kinds/proc/command.js';

test('only Path is needed', (t) => {
  t.deepEqual(parseCommand('{"Path": "ls"}'), { Path: 'ls', Args: [], Scrub: false });
});

test('a command keeps all that it was given', (t) => {
  const command = {
    Path: '/bin/ls',
    Args: ['-l', 'a b\n', 'žluť'],
    Env: ['A=1', 'B=', 'C=x=y'],
    Dir: '/tmp',
    Scrub: true,
    Retain: 100,
  };
  t.deepEqual(parseCommand(JSON.stringify(command)), command);
  t.deepEqual(parseCommand(JSON.stringify(parseCommand(JSON.stringify(command)))), command);
});

test('keys match without regard to case, and null is as good as nothing, as in Go', (t) => {
  t.deepEqual(parseCommand('{"path":"ls","ARGS":["x"],"env":null,"Dir":null,"scrub":null}'), {
    Path: 'ls',
    Args: ['x'],
    Scrub: false,
  });
});

test('an empty Env is an empty environment', (t) => {
  t.deepEqual(parseCommand('{"Path": "ls", "Env": []}').Env, []);
});

const invalid = test.macro({
  exec(t, source: string, names: RegExp) {
    t.like(
      t.throws(() => parseCommand(source)),
      { name: 'CircuitError', code: 'EINVAL' },
    );
    t.throws(() => parseCommand(source), { message: names });
  },
  title: (_title, source) => `EINVAL, naming what is wrong: ${JSON.stringify(source)}`,
});

test(invalid, '{"Path": "ls"', /JSON/);
test(invalid, '', /JSON/);
test(invalid, '[]', /object/);
test(invalid, '"ls"', /object/);
test(invalid, 'null', /object/);
test(invalid, '{}', /"Path"/);
test(invalid, '{"Path": ""}', /"Path"/);
test(invalid, '{"Path": 5}', /"Path" is a string/);
test(invalid, '{"Path": "a\\u0000b"}', /"Path".*NUL/);
test(invalid, '{"Path": "ls", "Args": "-l"}', /"Args" is a list of strings/);
test(invalid, '{"Path": "ls", "Args": [1]}', /"Args" is a list of strings/);
test(invalid, '{"Path": "ls", "Args": ["a\\u0000"]}', /"Args".*NUL/);
test(invalid, '{"Path": "ls", "Env": {"A": "1"}}', /"Env" is a list of strings/);
test(invalid, '{"Path": "ls", "Env": ["A"]}', /NAME=value/);
test(invalid, '{"Path": "ls", "Env": ["=A"]}', /NAME=value/);
test(invalid, '{"Path": "ls", "Env": ["A=\\u0000"]}', /"Env".*NUL/);
test(invalid, '{"Path": "ls", "Dir": 1}', /"Dir" is a string/);
test(invalid, '{"Path": "ls", "Dir": "\\u0000"}', /"Dir".*NUL/);
test(invalid, '{"Path": "ls", "Scrub": 1}', /"Scrub" is true or false/);
test(invalid, '{"Path": "ls", "Retain": 0}', /"Retain" is a whole number/);
test(invalid, '{"Path": "ls", "Retain": 1.5}', /"Retain" is a whole number/);
test(invalid, '{"Path": "ls", "Retain": "9"}', /"Retain" is a whole number/);
test(invalid, `{"Path": "ls", "Retain": ${64 * 1024 * 1024 + 1}}`, /"Retain" is a whole number/);
test(invalid, '{"Path": "ls", "Argv": []}', /"Argv".*Args/);
test(invalid, '{"Path": "ls", "path": "cat"}', /"Path" twice/);
