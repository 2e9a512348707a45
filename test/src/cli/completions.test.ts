import test from 'ava';
import { completionsOf } from '../../../src/cli/completions.js';
import { program } from '../../../src/cli/main.js';

const circuit = await program();
const commands = circuit.createHelp().visibleCommands(circuit);

function valuesAt(before: readonly string[], current = ''): readonly string[] | string {
  const completions = completionsOf(circuit, before, current);
  return completions.kind === 'words'
    ? completions.candidates.map(({ value }) => value)
    : completions.kind;
}

test('each command that the help lists is completed, with its options', (t) => {
  t.deepEqual(
    valuesAt([]),
    commands.map((command) => command.name()),
  );
  for (const command of commands) {
    const flags = valuesAt([command.name()], '-');
    for (const { long } of command.options) t.true(flags.includes(long ?? ''), command.name());
  }
});

test('each ANCHOR is asked for, where it stands before other arguments and where it does not', (t) => {
  for (const command of commands) {
    const names = command.registeredArguments.map((argument) => argument.name());
    const at = names.indexOf('ANCHOR');
    if (at !== -1) t.is(valuesAt([command.name(), ...names.slice(0, at)]), 'paths', command.name());
  }
  t.true(valuesAt(['signal']).includes('KILL'));
  t.is(valuesAt(['signal', 'KILL']), 'paths');
  t.is(valuesAt(['exec', '-n', '-d', 'x']), 'paths');
  t.is(valuesAt(['waitall', '/X/a', '/X/b']), 'paths');
});

test('an option that takes a file completes one, and one that takes an address completes nothing', (t) => {
  t.is(valuesAt(['start', '--hmac']), 'files');
  t.is(valuesAt(['start'], '-hmac=k'), 'files');
  t.is(valuesAt(['ls', '-l', '--hmac']), 'files');
  t.is(valuesAt(['start', '-m']), 'directories');
  t.is(valuesAt(['mount']), 'directories');
  t.deepEqual(valuesAt(['ls', '-d']), []);
  t.deepEqual(valuesAt(['start', '-j', 'one']), []);
  t.true(valuesAt(['start', '--if']).includes('lo'));
});

test('what follows two dashes, or is the command of exec, is no option of ours', (t) => {
  t.deepEqual(valuesAt(['exec', '/X/a', '--', 'ls'], '-'), []);
  t.deepEqual(valuesAt(['exec', '/X/a', 'ls'], '-'), []);
  t.true(valuesAt(['exec', '/X/a'], '-').includes('--no-stdin'));
});
