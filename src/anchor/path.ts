import type { AnchorPath } from './circuit.js';

/** A path as users write it, `/X…/a/b`: in the log, in sentences and in listings. */
export function formatPath(member: string, path: AnchorPath): string {
  return ['', member, ...path].join('/');
}
