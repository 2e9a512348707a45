import test from 'ava';
import { Command } from 'commander';
import { completionsOf } from '../../../src/cli/completions.js';
import { startOptions, startOptionsGiven } from '../../../src/cli/start-options.js';
import { Registry } from '../../../src/kinds/registry.js';
import { fire, trap } from './toy-kinds.js';

const registry = new Registry([fire, trap]);

function program(): { readonly circuit: Command; readonly start: Command } {
  const circuit = new Command('circuit').exitOverride();
  const start = circuit.command('start').action(() => {});
  for (const option of startOptions(registry).values()) start.addOption(option);
  return { circuit, start };
}

test('an option of a kind is one of circuit start, with or without a value', (t) => {
  const given = (...args: string[]) => {
    const { circuit, start } = program();
    circuit.parse(['start', ...args], { from: 'user' });
    return [...startOptionsGiven(start.opts(), registry)];
  };
  t.deepEqual(given(), []);
  t.deepEqual(given('--wood'), [['fire', true]]);
  t.deepEqual(given('--wood', '/shed'), [['fire', '/shed']]);
  t.deepEqual(given('--wood=/shed'), [['fire', '/shed']]);
  t.throws(() => given('--wood', 'wet'), { message: 'wood is dry' });
  t.regex(program().start.helpInformation(), /--wood \[SOCKET\] +where the wood is/);
});

test('it is completed, and so is its value', (t) => {
  const { circuit } = program();
  const options = completionsOf(circuit, ['start'], '--w');
  t.like(options, { kind: 'words' });
  t.true(JSON.stringify(options).includes('"--wood"'));
  t.deepEqual(completionsOf(circuit, ['start', '--wood'], ''), { kind: 'files' });
});
