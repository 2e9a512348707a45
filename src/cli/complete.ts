import { statSync } from 'node:fs';
import type { Command } from 'commander';
import type { Candidate } from './candidate.js';
import { quotedForBash, type Shell, splitCommandLine } from './command-line-words.js';
import { type Completions, completionsOf } from './completions.js';

/** A user who has pressed TAB does not wait longer for a daemon. */
const PATIENCE_MS = 200;

/** A name with one of them could not be told from the end of a line, or of a value. */
const CONTROL = /\p{Cc}/u;

export interface CompleteOptions {
  readonly shell: Shell;
  /** The command line up to the cursor, as it was typed. */
  readonly line: string;
  /** The end of the line that the shell replaces, which may be less than its last word. */
  readonly word: string | undefined;
}

/**
 * Prints what could stand at the cursor of a command line, for the scripts of `circuit completion`:
 * first of which kind it is (`words`, `paths`, or `files` or `directories`, which the shell knows
 * itself), then the candidates, each with a tab and a line on it. Whatever goes wrong it prints no
 * candidates and succeeds: an error would stand in the middle of what the user types.
 */
export async function complete(circuit: Command, options: CompleteOptions): Promise<void> {
  for (const command of [circuit, ...circuit.commands]) {
    command.configureOutput({ outputError: () => {}, writeErr: () => {} });
  }
  let text = 'words\n';
  try {
    text = await answer(circuit, options);
  } catch {
    // As commander does of an option that there is not.
  }
  // A daemon that does not answer would keep us.
  process.stdout.write(text, () => process.exit(0));
}

async function answer(circuit: Command, { shell, line, word }: CompleteOptions): Promise<string> {
  const { before, current, typed, redirected } = splitCommandLine(line, shell, process.env);
  const completions: Completions = redirected
    ? { kind: 'files' }
    : completionsOf(circuit, before, current);
  const candidates = await candidatesOf(completions, current);
  // The part of the last word that stays on the command line.
  const kept =
    word !== undefined && typed.endsWith(word) ? typed.slice(0, typed.length - word.length) : '';
  const { current: said, quote } = splitCommandLine(`circuit ${kept}`, shell, process.env);
  const lines = candidates
    .filter(({ value }) => value.startsWith(current) && !CONTROL.test(value))
    .map(({ value, help }) => {
      const rest = value.slice(said.length);
      // The other shells quote what they insert.
      return `${shell === 'bash' ? quotedForBash(rest, quote) : rest}\t${help}\n`;
    });
  return `${completions.kind}\n${lines.join('')}`;
}

async function candidatesOf(
  completions: Completions,
  current: string,
): Promise<readonly Candidate[]> {
  switch (completions.kind) {
    case 'words':
      return completions.candidates;
    case 'paths':
      return await Promise.race([
        // The command itself will say what is wrong.
        asked(completions, current).catch(() => []),
        new Promise<readonly Candidate[]>((resolve) => setTimeout(resolve, PATIENCE_MS, [])),
      ]);
    case 'files':
    case 'directories':
      return [];
    default:
      throw new TypeError(`unknown kind ${String(completions satisfies never)}`);
  }
}

async function asked(
  { options, wanted }: Extract<Completions, { kind: 'paths' }>,
  current: string,
): Promise<readonly Candidate[]> {
  // The key or the address may come from a pipe: that is for the command itself to read.
  const files = [options.hmac ?? process.env.CIRCUIT_HMAC, process.env.CIRCUIT];
  if (files.some((file) => file && !statSync(file).isFile())) return [];
  const [{ dial }, { anchorCompletions }] = await Promise.all([
    import('./dial.js'),
    import('./anchor-completions.js'),
  ]);
  await using client = await dial(options);
  return await anchorCompletions(client, current, wanted);
}
