import { CircuitError } from '../base/error.js';
import type { ElementKind } from './circuit.js';

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

/** An element was to be at the path of a member itself, `/X…`. */
export function memberIsNoElement(member: string): CircuitError {
  const sentence = `${member} is a member, which cannot be an element; make an anchor on it`;
  return new CircuitError('EPERM', sentence);
}

/** The anchor at `path`, `/X…/a`, has an element of this kind, where a new one was to be. */
export function elementExists(path: string, kind: ElementKind): CircuitError {
  return new CircuitError('EEXIST', `${path} has a ${kind} already`);
}

/**
 * Why a directory has no file of this name, and no program can make one.
 * @param directory Its path, `/X…/a`.
 * @param kind The kind of what is there.
 */
export function noSuchFile(
  name: string,
  directory: string,
  kind: ElementKind | 'member' | undefined,
): CircuitError {
  if (name.startsWith('mk') && ANCHOR_FILES.includes(name)) {
    if (kind === 'member') return memberIsNoElement(directory);
    if (kind !== undefined) return elementExists(directory, kind);
  }
  const what = kind === undefined ? 'an anchor without an element' : `a ${kind}`;
  const files = controlFiles(kind).join(', ');
  const sentence = `${directory}, ${what}, has no file ${JSON.stringify(name)}, only ${files}`;
  return new CircuitError('EPERM', sentence);
}

/** The longest name, in bytes of UTF-8 (NAME_MAX of limits.h). */
const NAME_MAX = 255;

/**
 * @param directory The path of the one in which the anchor is to be, `/X…/a`.
 * @param parent The kind of what is there.
 * @throws CircuitError EINVAL, ENAMETOOLONG, or EEXIST for a control file's name
 */
export function checkAnchorName(
  name: string,
  directory: string,
  parent: ElementKind | 'member' | undefined,
): void {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name) || !name.isWellFormed()) {
    throw new CircuitError(
      'EINVAL',
      `${JSON.stringify(name)} cannot be the name of an anchor in ${directory}`,
    );
  }
  if (Buffer.byteLength(name) > NAME_MAX) {
    const sentence = `the name of an anchor in ${directory} has at most ${NAME_MAX} bytes`;
    throw new CircuitError('ENAMETOOLONG', sentence);
  }
  if (controlFiles(parent).includes(name)) {
    throw new CircuitError('EEXIST', `${directory}/${name} is a control file`);
  }
  // The makers come back when the element goes, and would hide it.
  if (parent !== 'member' && ANCHOR_FILES.includes(name)) {
    const sentence = `${directory}/${name} is a control file where there is no element`;
    throw new CircuitError('EEXIST', sentence);
  }
}
