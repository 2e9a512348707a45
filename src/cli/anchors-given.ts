import { text } from 'node:stream/consumers';
import type { Command } from 'commander';

/**
 * The anchors that a command is given: its arguments, or without any the lines of standard input,
 * as from `circuit ls`. A terminal is wrong usage: the user would have to type them.
 * @param command Tells of wrong usage.
 * @param least How many are needed; `circuit ls` may have printed none.
 */
export async function anchorsGiven(
  paths: readonly string[],
  command: Command,
  least: 0 | 1,
): Promise<readonly string[]> {
  if (paths.length > 0) return paths;
  const input = process.stdin.isTTY ? undefined : await text(process.stdin);
  const given = input?.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (given && given.length >= least) return given;
  return command.error(
    'error: no anchor is given; name them as arguments, or one a line on standard input',
  );
}
