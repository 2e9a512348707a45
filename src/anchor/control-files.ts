/** The names of control files, and which names anchors may bear beside them. */
import { CircuitError } from '../base/error.js';
import type { Registry } from '../kinds/registry.js';

/** An element was to be at the path of a member itself, `/X…`. */
export function memberIsNoElement(member: string): CircuitError {
  const sentence = `${member} is a member, which cannot be an element; make an anchor on it`;
  return new CircuitError('EPERM', sentence);
}

/** The anchor at `path`, `/X…/a`, has an element of this kind, where a new one was to be. */
export function elementExists(registry: Registry, path: string, kind: string): CircuitError {
  return new CircuitError('EEXIST', `${path} has a ${registry.nounOf(kind)} already`);
}

/** Why an element cannot be made at `path`, which is a `member`, or has an element of some kind. */
export function noMaker(registry: Registry, path: string, directory: string): CircuitError {
  return directory === 'member'
    ? memberIsNoElement(path)
    : elementExists(registry, path, directory);
}

/**
 * Why a directory has no file of this name, and no program can make one.
 * @param path Its path, `/X…/a`.
 * @param directory `member`, `anchor`, or the kind of its element.
 */
export function noSuchFile(
  registry: Registry,
  name: string,
  path: string,
  directory: string,
): CircuitError {
  if (directory !== 'anchor' && registry.madeBy(name)) return noMaker(registry, path, directory);
  const files = registry.fileNames(directory).join(', ');
  const what =
    directory === 'anchor' ? 'an anchor without an element' : `a ${registry.nounOf(directory)}`;
  const sentence = `${path}, ${what}, has no file ${JSON.stringify(name)}, only ${files}`;
  return new CircuitError('EPERM', sentence);
}

/** The longest name, in bytes of UTF-8 (NAME_MAX of limits.h). */
const NAME_MAX = 255;

/**
 * @param path The directory in which the anchor is to be, `/X…/a`.
 * @param directory `member`, `anchor`, or the kind of its element.
 * @throws CircuitError EINVAL, ENAMETOOLONG, or EEXIST for a control file's name
 */
export function checkAnchorName(
  registry: Registry,
  name: string,
  path: string,
  directory: string,
): void {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name) || !name.isWellFormed()) {
    throw new CircuitError(
      'EINVAL',
      `${JSON.stringify(name)} cannot be the name of an anchor in ${path}`,
    );
  }
  if (Buffer.byteLength(name) > NAME_MAX) {
    const sentence = `the name of an anchor in ${path} has at most ${NAME_MAX} bytes`;
    throw new CircuitError('ENAMETOOLONG', sentence);
  }
  if (registry.fileNames(directory).includes(name)) {
    throw new CircuitError('EEXIST', `${path}/${name} is a control file`);
  }
  // The makers come back when the element goes, and would hide it.
  if (directory !== 'member' && registry.fileNames('anchor').includes(name)) {
    const sentence = `${path}/${name} is a control file where there is no element`;
    throw new CircuitError('EEXIST', sentence);
  }
}
