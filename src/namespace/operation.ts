import type { Caller } from '../../mount/node.js';
import type { AnchorPath, Member } from '../anchor/circuit.js';
import { formatPath } from '../anchor/path.js';
import type { Registry } from '../kinds/registry.js';
import type { FailureNotes } from './failure-notes.js';
import type { Renderings } from './renderings.js';

/** Notes operations, their callers, and how they ended. */
export interface OperationLog {
  operation<T>(who: string, what: string, run: () => Promise<T>): Promise<T>;
}

/** All directories of one mount share this. */
export interface NamespaceContext {
  /** The kinds that this host knows. */
  readonly registry: Registry;
  readonly log: OperationLog;
  readonly failures: FailureNotes;
  readonly renderings: Renderings;
}

/** The place of a member's directory, or of an anchor. */
export interface Place {
  readonly member: Member;
  readonly path: AnchorPath;
  readonly context: NamespaceContext;
}

/** The path of a place from the mount point: `/X…/a/b`. */
export function pathOf({ member, path }: Place): string {
  return formatPath(member.name, path);
}

/** Carries out a user's operation at a place. The log tells of it, and `error` if it fails. */
export async function operate<T>(
  place: Place,
  caller: Caller,
  what: string,
  run: () => Promise<T>,
): Promise<T> {
  const { log, failures, renderings } = place.context;
  const directory = pathOf(place);
  try {
    const result = await log.operation(`uid=${caller.uid} pid=${caller.pid}`, what, run);
    failures.note(directory, undefined);
    return result;
  } catch (error) {
    failures.note(directory, error);
    throw error;
  } finally {
    renderings.expire();
  }
}
