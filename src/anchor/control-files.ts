import { CircuitError } from '../error.js';
import type { AnchorPath, ElementKind } from './circuit.js';

const MEMBER_FILES = [
  'addr',
  'error',
  'help',
  'join',
  'leave',
  'log',
  'peek',
  'peers',
  'shutdown',
  'stk',
];

/** An anchor without an element has the makers. */
const ANCHOR_FILES = ['error', 'help', 'mk@join', 'mk@leave', 'mkchan', 'mkproc'];

const ELEMENT_FILES = ['error', 'help', 'kind', 'peek', 'scrub'];

const CHANNEL_FILES = [...ELEMENT_FILES, 'cap', 'close', 'recv', 'send', 'tryrecv', 'trysend'];

const SUBSCRIPTION_FILES = [...ELEMENT_FILES, 'recv'];

export const ELEMENT_KINDS: readonly ElementKind[] = ['chan', 'proc', '@join', '@leave'];

const PROCESS_FILES = [
  ...ELEMENT_FILES,
  'cmd',
  'exit',
  'phase',
  'pid',
  'signal',
  'stderr',
  'stdin',
  'stdout',
  'wait',
];

/** The names of the control files in a directory, by what it is. */
export function controlFiles(kind: ElementKind | 'member' | undefined): readonly string[] {
  switch (kind) {
    case 'member':
      return MEMBER_FILES;
    case 'chan':
      return CHANNEL_FILES;
    case 'proc':
      return PROCESS_FILES;
    case '@join':
    case '@leave':
      return SUBSCRIPTION_FILES;
    case undefined:
      return ANCHOR_FILES;
    default:
      throw new TypeError(`unknown kind ${String(kind satisfies never)}`);
  }
}

/** An element was to be at the path of a member itself. */
export function memberIsNoElement(): CircuitError {
  return new CircuitError('EPERM', 'a member cannot be an element; make an anchor on it');
}

/** The anchor at `path` has an element of this kind, where a new one was to be. */
export function elementExists(path: AnchorPath, kind: ElementKind): CircuitError {
  return new CircuitError('EEXIST', `/${path.join('/')} has a ${kind} already`);
}

/**
 * Why a directory has no file of this name, and no program can make one.
 * @param kind What is at `path`.
 */
export function noSuchFile(
  name: string,
  path: AnchorPath,
  kind: ElementKind | 'member' | undefined,
): CircuitError {
  if (name.startsWith('mk') && ANCHOR_FILES.includes(name)) {
    if (kind === 'member') return memberIsNoElement();
    if (kind !== undefined) return elementExists(path, kind);
  }
  const what = kind === undefined ? 'an anchor without an element' : `a ${kind}`;
  const files = controlFiles(kind).join(', ');
  return new CircuitError('EPERM', `${what} has no file ${JSON.stringify(name)}, only ${files}`);
}

/** The longest name, in bytes of UTF-8 (NAME_MAX of limits.h). */
const NAME_MAX = 255;

/**
 * @param parent What the directory is in which the anchor is to be.
 * @throws CircuitError EINVAL, ENAMETOOLONG, or EEXIST for a control file's name
 */
export function checkAnchorName(name: string, parent: ElementKind | 'member' | undefined): void {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name) || !name.isWellFormed()) {
    throw new CircuitError('EINVAL', `${JSON.stringify(name)} cannot be the name of an anchor`);
  }
  if (Buffer.byteLength(name) > NAME_MAX) {
    throw new CircuitError('ENAMETOOLONG', `the name is longer than ${NAME_MAX} bytes`);
  }
  if (controlFiles(parent).includes(name)) {
    throw new CircuitError('EEXIST', `${name} is a control file of this directory`);
  }
  // The makers come back when the element goes, and would hide it.
  if (parent !== 'member' && ANCHOR_FILES.includes(name)) {
    throw new CircuitError('EEXIST', `${name} is a control file of an anchor without an element`);
  }
}
