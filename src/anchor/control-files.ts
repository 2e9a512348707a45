import { CircuitError } from '../error.js';

/** The files of a member's directory. */
export const MEMBER_FILES = [
  'addr',
  'error',
  'help',
  'join',
  'leave',
  'log',
  'peek',
  'shutdown',
  'stk',
] as const;

/** The files of an anchor that has no element. */
export const ANCHOR_FILES = ['error', 'help'] as const;

/** The longest name, in bytes of UTF-8 (NAME_MAX of limits.h). */
const NAME_MAX = 255;

/**
 * @param taken The control files of the directory in which the anchor is to be.
 * @throws CircuitError EINVAL, ENAMETOOLONG, or EEXIST for a control file's name
 */
export function checkAnchorName(name: string, taken: readonly string[]): void {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name) || !name.isWellFormed()) {
    throw new CircuitError('EINVAL', `${JSON.stringify(name)} cannot be the name of an anchor`);
  }
  if (Buffer.byteLength(name) > NAME_MAX) {
    throw new CircuitError('ENAMETOOLONG', `the name is longer than ${NAME_MAX} bytes`);
  }
  if (taken.includes(name)) {
    throw new CircuitError('EEXIST', `${name} is a control file of this directory`);
  }
}
