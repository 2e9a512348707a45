/** Errors whose `code` is the name of an errno such as `ENOENT`, and the kernel's numbers for them. */
import { constants } from 'node:os';

const numbers = new Map<string, number>(Object.entries(constants.errno));

/** The errno of an error whose `code` names one, else undefined. */
export function errnoOf(error: unknown): number | undefined {
  const code = codeOf(error);
  return code === undefined ? undefined : numbers.get(code);
}

/** The `code` of an error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** An error with this `code`. */
export function errorWith(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
