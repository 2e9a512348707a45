import { hostLinks } from '../anchor/host-links.js';
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
  const onlyMembers = of?.length === 1 && of[0] === 'member';
  const members = membersAt(client, above || '/', onlyMembers ? '' : '/');
  // As in a shell, names with a dot are for those who begin with it.
  const hides = !current.startsWith('.', above.length);
  if (members) return members.filter(({ isHidden }) => !(hides && isHidden));
  if (onlyMembers) return [];
  const place = client.anchor(above);
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

/** The members just below a path, if it has them, each with this end. */
function membersAt(
  client: CircuitClient,
  above: string,
  end: string,
): readonly (Candidate & { readonly isHidden?: true })[] | undefined {
  const members = client.members();
  const stateOf = (name: string) => members.find((member) => member.name === name)?.state ?? '';
  switch (parsePath(above).join('/')) {
    case '':
      return [
        ...members.map(({ name, state, host }) => ({
          value: `${above}${name}${end}`,
          help: host === '' ? state : `${host}, ${state}`,
        })),
        { value: `${above}.self${end}`, help: 'the member that is asked', isHidden: true },
        { value: `${above}.hosts/`, help: 'the members by host name', isHidden: true },
      ];
    case '.hosts':
      return [...hostLinks(members)].map(([link, name]) => ({
        value: `${above}${link}${end}`,
        help: stateOf(name),
      }));
    default:
      return undefined;
  }
}
