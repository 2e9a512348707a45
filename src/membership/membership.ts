import type { Address, MemberName } from '../base/address.js';
import type { Interruptible } from '../base/interruptible.js';
import type { MemberRecord, PeerAddress } from './record.js';

/** Who is in the network, as far as this member knows, and how it comes to know. */
export interface Membership {
  /** This daemon's own record. */
  readonly self: MemberRecord;
  /** The members that are alive, or suspected but not given up, this one among them, sorted by name. */
  members(): readonly MemberRecord[];
  get(name: MemberName): MemberRecord | undefined;
  /** What is known of a member, and since when; also of one that has gone. */
  status(name: MemberName): MemberStatus | undefined;
  /** Whom this member keeps links to, and whom in reserve. */
  views(): Views;
  /** Tells of members that came and went, in the order in which this one learnt of it. */
  watch(listener: (change: MembershipChange) => void): Disposable;
  /**
   * Merges this network with that of the daemon at `address`. Symmetric and
   * idempotent; returns when both know the merged roster.
   * @throws CircuitError as `Links.connect`, ETIMEDOUT, EINTR; ECANCELED if we leave meanwhile,
   *   or another daemon takes our name; EPERM if it has left, and no user wants it back
   */
  join(address: Address, options?: JoinOptions): Promise<void>;
  /** Tells the others, forgets them, and goes on alone. */
  leave(): Promise<void>;
  /**
   * Takes a message that a peer sent with {@link Link.send}.
   * @param from The peer's circuit address.
   * @throws CircuitError EINVAL if it is not one of this protocol's
   */
  deliver(message: unknown, from: string): void;
  /** Leaves, and stops for good. */
  close(): Promise<void>;
}

export interface JoinOptions extends Interruptible {
  /**
   * Whether a user wants it, as is taken for granted: one that has left is then brought back.
   * Who joins others of its own accord leaves that one alone.
   */
  readonly byUser?: boolean;
}

export interface MemberStatus {
  readonly record: MemberRecord;
  /** Since when it is in this state, as far as we know: milliseconds since the epoch. */
  readonly since: number;
}

/** The partial views of HyParView. */
export interface Views {
  readonly active: readonly MemberRecord[];
  readonly passive: readonly MemberRecord[];
}

export interface MembershipChange {
  readonly kind: 'join' | 'leave';
  readonly member: MemberRecord;
  /** Why it went: in order, or because it could not be reached. */
  readonly state: MemberRecord['state'];
}

/** How members reach each other; the transport in a daemon, a mock in tests. */
export interface Links {
  /** The link to `address`, made if there is none. @throws CircuitError ECONNREFUSED, ETIMEDOUT, EACCES, … */
  connect(address: Address, signal?: AbortSignal): Promise<Link>;
  /** A link to `peer` that stands already. */
  standing(peer: PeerAddress): Link | undefined;
  /**
   * Dials `address` and hangs up, whatever links there are.
   * @param timeout In milliseconds.
   * @throws CircuitError as `connect`
   */
  probe(address: Address, timeout: number): Promise<void>;
}

export interface Link {
  /** Where the peer says that it is: it may have been dialled by another of its names. */
  readonly peer: PeerAddress;
  /**
   * Calls `deliver` at the other side, and does not wait for its answer.
   * @param lost Called, unless the next message is sent before, if the link goes down and
   *   nothing has been heard of the peer since: it may not have arrived.
   */
  send(message: unknown, lost: () => void): void;
  /** The same, but resolves when it has arrived. @throws CircuitError EHOSTUNREACH */
  sendAndWait(message: unknown): Promise<unknown>;
  /** Keeps the link standing until the result is disposed. */
  hold(): Disposable;
  /** Tells, once, that nothing has been heard of the peer for some seconds, though it should have been. */
  whenSilent(listener: () => void): Disposable;
  /** Resolves when the link is down. */
  readonly closed: Promise<void>;
}
