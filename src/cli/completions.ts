import { constants, networkInterfaces } from 'node:os';
import type { Argument, Command, Option } from 'commander';
import type { AnchorsWanted } from './anchor-completions.js';
import type { Candidate } from './candidate.js';
import type { DialOptions } from './dial.js';
import { commandNamed, withTwoDashes } from './long-options.js';
import { verbs } from './verbs.js';

/** The words that could stand at the cursor. */
export type Completions =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  /** Members, anchors or control files, which the daemon is to be asked for. */
  | { readonly kind: 'paths'; readonly wanted: AnchorsWanted; readonly options: DialOptions }
  /** A file, or a directory, of this host: the shell knows those. */
  | { readonly kind: 'files' | 'directories' };

/** Stands for the word at the cursor, so that commander tells whose value it would be. */
const CURSOR = '\0';

/** Completes a word of a command line from the tables that also make the help. Asks nobody. */
export function completionsOf(
  circuit: Command,
  before: readonly string[],
  current: string,
): Completions {
  const verb = before.find((word) => !word.startsWith('-'));
  if (verb === undefined) {
    return words(current.startsWith('-') ? optionsOf(circuit, current) : commandsOf(circuit));
  }
  const command = commandNamed(circuit, verb);
  if (!command) return words([]);
  const [option = '', value] = /^(-[^=]+=)(.*)$/s.exec(current)?.slice(1) ?? [];
  const args = withTwoDashes(circuit, [...before, `${option}${CURSOR}`]);
  const rest = args.slice(args.indexOf(verb) + 1);
  const { operands } = command.parseOptions([...rest]);
  const given = command.opts();
  const of = command.options.find((each) => [given[each.attributeName()]].flat().includes(CURSOR));
  if (of) return prefixed(valuesOf(of), value === undefined ? '' : option);
  const mayBeOption = !withTwoDashes(circuit, before).includes('--');
  if (current.startsWith('-') && mayBeOption) return words(optionsOf(command, current));
  const argument = argumentAt(command, operands.indexOf(CURSOR));
  return argument ? valuesOfArgument(circuit, command, argument) : words([]);
}

function words(candidates: readonly Candidate[]): Completions {
  return { kind: 'words', candidates };
}

/** The values of an option that stands before them, with an equals sign, in the same word. */
function prefixed(completions: Completions, prefix: string): Completions {
  if (completions.kind !== 'words') return completions;
  return words(
    completions.candidates.map(({ value, help }) => ({ value: `${prefix}${value}`, help })),
  );
}

function commandsOf(circuit: Command): readonly Candidate[] {
  const visible = circuit.createHelp().visibleCommands(circuit);
  return visible.map((each) => ({ value: each.name(), help: each.description() }));
}

/** With one dash where the user began so: that is enough for a long option. */
function optionsOf(command: Command, current: string): readonly Candidate[] {
  const oneDash = /^-[^-]./.test(current);
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ short, long, description: help }) => {
      const letter = short?.length === 2 ? [short] : [];
      const word = long === undefined ? [] : [oneDash ? long.slice(1) : long];
      return [...letter, ...word].map((value) => ({ value, help }));
    });
}

function valuesOf({ flags, argChoices }: Option): Completions {
  const [, placeholder = ''] = /[<[]([^>\].[]+)/.exec(flags) ?? [];
  return argChoices ? words(argChoices.map(bare)) : valuesNamed(placeholder);
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[index] ?? (last?.variadic && index >= 0 ? last : undefined);
}

function valuesOfArgument(circuit: Command, command: Command, argument: Argument): Completions {
  if (argument.argChoices) return words(argument.argChoices.map(bare));
  const options: DialOptions = command.opts();
  switch (argument.name()) {
    case 'ANCHOR':
      return { kind: 'paths', wanted: { of: whatFits(command.name()) }, options };
    // Those of a network, as on a mount.
    case 'FILE':
      return { kind: 'paths', wanted: { of: undefined, files: true }, options };
    // One of ours; several are a program of the member's host with its arguments.
    case 'COMMAND':
      return words(argument.variadic ? [] : commandsOf(circuit));
    default:
      return valuesNamed(argument.name());
  }
}

/** Whether a command is one of members, or of elements of which kinds; any anchor where that is open. */
function whatFits(command: string): readonly string[] | undefined {
  const file = command === 'waitall' || command === 'waitany' ? 'wait' : command;
  return verbs().find(({ name }) => name === file)?.of;
}

/** The values that a placeholder of the help stands for: `<FILE>`, `<SIGNAL>`. */
function valuesNamed(placeholder: string): Completions {
  switch (placeholder) {
    case 'FILE':
    case 'SOCKET':
      return { kind: 'files' };
    case 'DIR':
      return { kind: 'directories' };
    case 'INTERFACE':
      return words(Object.keys(networkInterfaces()).map(bare));
    case 'SIGNAL':
      return words(Object.keys(constants.signals).map((name) => bare(name.replace(/^SIG/, ''))));
    default:
      return words([]);
  }
}

function bare(value: string): Candidate {
  return { value, help: '' };
}
