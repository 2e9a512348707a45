import type { CircuitClient } from '../client/client.js';
import { parsePath } from '../client/path.js';
import type { Candidate } from './candidate.js';
import { isWaitable } from './verbs.js';

/** Which paths of the circuit are wanted at the cursor. */
export interface AnchorsWanted {
  /** Members, elements of which kinds, or anchors without one (`anchor`); all where it is left out. */
  readonly of: readonly string[] | undefined;
  /** The control files that can be waited for, too. */
  readonly files?: boolean;
}

/**
 * The members, or the anchors just below the path that has been typed so far. A slash at the end tells
 * that there may be more below it that is wanted.
 * @param current What is typed, to its last slash.
 */
export async function anchorCompletions(
  client: CircuitClient,
  current: string,
  { of, files = false }: AnchorsWanted,
): Promise<readonly Candidate[]> {
  const above = current.slice(0, current.lastIndexOf('/') + 1);
  if (above === '' && current !== '') return [];
  const [member, ...names] = parsePath(above === '' ? '/' : above);
  const onlyMembers = of?.length === 1 && of[0] === 'member';
  if (member === undefined) {
    return client.members().map(({ name, state, host }) => ({
      value: `${above || '/'}${name}${onlyMembers ? '' : '/'}`,
      help: host === '' ? state : `${host}, ${state}`,
    }));
  }
  if (onlyMembers) return [];
  const place = client.anchor(`/${[member, ...names].join('/')}`);
  const [{ anchors }, described] = await Promise.all([
    place.view(),
    files ? place.describe() : undefined,
  ]);
  const fitting = anchors.map(({ name, kind = 'anchor' }) => {
    const isLeaf = kind !== 'anchor' && of?.includes(kind);
    return { value: `${above}${name}${isLeaf ? '' : '/'}`, help: kind };
  });
  const waitable = Object.entries(described?.files ?? {})
    .filter(([, { type }]) => isWaitable(type))
    .map(([name, { help }]) => ({ value: `${above}${name}`, help }));
  return [...fitting, ...waitable];
}
