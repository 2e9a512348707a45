import type { Clock } from './clock.js';
import type { PartialView } from './partial-view.js';
import type { ProtocolHost } from './protocol-host.js';
import type { MemberRecord, PeerAddress } from './record.js';
import type { Roster } from './roster.js';

/** The things that all mechanisms of a member share in one network. */
export interface MechanismContext {
  readonly host: ProtocolHost;
  readonly roster: Roster;
  readonly clock: Clock;
  /** Our neighbours: links to them stand. Only the overlay changes them. */
  readonly active: PartialView;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Takes a record if it is news. @returns Whether it was news. */
  readonly learn: (record: MemberRecord, source: Source) => boolean;
  /** Passes news on to all neighbours but the one that it came from. */
  readonly publish: (record: MemberRecord, from?: PeerAddress) => void;
}

/**
 * Where a record comes from: from a broadcast, from another member's roster (hearsay), or from our
 * own finding, which includes what a member tells us of itself.
 */
export type Source =
  | { readonly kind: 'gossip'; readonly from: PeerAddress }
  | { readonly kind: 'hearsay' }
  | { readonly kind: 'own' };

export const HEARSAY: Source = { kind: 'hearsay' };
export const OWN: Source = { kind: 'own' };
