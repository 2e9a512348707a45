import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { isRequired, type Verb } from './verbs.js';

/**
 * The text for a command file: the words that are given, or with `-` alone standard input, which is
 * also read without any word where one is needed. A terminal is read for `-` and JSON alone: else the
 * user would not know that we wait for them.
 * @param command Tells of wrong usage, and has the flags.
 */
export async function textGiven(
  { type, arguments: { argument, stdin, flag } }: Verb,
  words: readonly string[],
  command: Command,
): Promise<string> {
  if (type !== 'command') return '';
  if (stdin) {
    const json = await text(process.stdin);
    return flag && command.opts()[flag.name.replace(/^--/, '')] ? withKey(json, flag.key) : json;
  }
  if (argument === undefined) return '';
  const isNamed = words.length === 1 && words[0] === '-';
  if (words.length > 0 && !isNamed) return words.join(' ');
  const isNeeded = isRequired(argument);
  const isRead = isNamed || (isNeeded && !process.stdin.isTTY);
  const input = isRead ? await text(process.stdin) : '';
  if (isNeeded && input.trim() === '') {
    const name = argument.replace(/[^\w|]/g, '');
    return command.error(`error: missing required argument '${name}', and none on standard input`);
  }
  return input.replace(/\n$/, '');
}

/** The same JSON with a key set to true, in whatever case it was given. */
function withKey(json: string, key: string): string {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    // The maker says what is wrong.
    return json;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return json;
  const isOther = ([name]: [string, unknown]) => name.toLowerCase() !== key.toLowerCase();
  const others = Object.entries(given).filter(isOther);
  return JSON.stringify({ ...Object.fromEntries(others), [key]: true });
}
