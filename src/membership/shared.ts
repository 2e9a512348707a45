import type { Clock } from './clock.js';
import type { ProtocolHost } from './protocol-host.js';
import type { MemberRecord, PeerAddress } from './record.js';
import type { Roster } from './roster.js';

/** What the mechanisms of one member share in one network. */
export interface Shared {
  readonly host: ProtocolHost;
  readonly roster: Roster;
  readonly clock: Clock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Takes a record, if it is news. @returns Whether it was. */
  readonly learn: (record: MemberRecord, source: Source) => boolean;
  /** Passes news on to the neighbours, but not to the one that it came from. */
  readonly publish: (record: MemberRecord, from?: PeerAddress) => void;
}

/**
 * Whose word a record is: the news that goes to all, another's roster, or our own finding,
 * for which also counts what a member says of itself to us.
 */
export type Source =
  | { readonly kind: 'gossip'; readonly from: PeerAddress }
  | { readonly kind: 'hearsay' }
  | { readonly kind: 'own' };

export const HEARSAY: Source = { kind: 'hearsay' };
export const OWN: Source = { kind: 'own' };
