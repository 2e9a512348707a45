import { text } from 'node:stream/consumers';
import type { Command } from 'commander';

/**
 * The anchors that a command is given: its arguments, or without any the lines of standard input,
 * as from `circuit ls`, which may have printed none. A terminal is wrong usage: it would have to
 * be typed on.
 * @param command Says so.
 */
export async function anchorsGiven(
  paths: readonly string[],
  command: Command,
): Promise<readonly string[]> {
  if (paths.length > 0) return paths;
  if (process.stdin.isTTY) return noneGiven(command);
  const input = await text(process.stdin);
  return input.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** As {@link anchorsGiven}, of a command that needs one at least: none at all is wrong usage. */
export async function someAnchorsGiven(
  paths: readonly string[],
  command: Command,
): Promise<readonly string[]> {
  const given = await anchorsGiven(paths, command);
  return given.length > 0 ? given : noneGiven(command);
}

function noneGiven(command: Command): never {
  return command.error(
    'error: no anchor is given; name them as arguments, or one a line on standard input',
  );
}
