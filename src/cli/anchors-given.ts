import { text } from 'node:stream/consumers';
import type { Command } from 'commander';

/**
 * The anchors that a command is given: its arguments, or without any the lines of standard input,
 * as from `circuit ls`. None at all is wrong usage, and so is a terminal: nobody waits for lines.
 * @param command Says so.
 */
export async function anchorsGiven(
  paths: readonly string[],
  command: Command,
): Promise<readonly string[]> {
  if (paths.length > 0) return paths;
  const input = process.stdin.isTTY ? '' : await text(process.stdin);
  const lines = input.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length > 0) return lines;
  return command.error(
    'error: no anchor is given; name them as arguments, or one a line on standard input',
  );
}
