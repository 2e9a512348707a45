import type { Address, MemberName } from '../base/address.js';
import type { Interruptible } from '../base/interruptible.js';
import type { MemberRecord, PeerAddress } from './record.js';

/** The members of the network, as far as this one knows, and how it comes to know them. */
export interface Membership {
  /** This daemon's own record. */
  readonly self: MemberRecord;
  /** The members that are alive or suspected, this one included, sorted by name. */
  members(): readonly MemberRecord[];
  get(name: MemberName): MemberRecord | undefined;
  /** The state of a member, and since when it is known; also of a member that has gone. */
  status(name: MemberName): MemberStatus | undefined;
  /** The members to which this one keeps links, and those in reserve. */
  views(): Views;
  /** Tells of members that come and go, in the order in which this one learns of it. */
  watch(listener: (change: MembershipChange) => void): Disposable;
  /**
   * Merges this network with that of the daemon at `address`. Symmetric and idempotent; returns
   * when both sides know the merged roster.
   * @throws CircuitError as `Links.connect`, ETIMEDOUT, EINTR; ECANCELED if this member leaves
   *   meanwhile, or another daemon takes its name; EPERM if the other has left its network, and no
   *   user wants it back
   */
  join(address: Address, options?: JoinOptions): Promise<void>;
  /** Tells the other members, forgets them, and goes on alone. */
  leave(): Promise<void>;
  /**
   * Takes a message that a peer sent with {@link Link.send}.
   * @param from The peer's circuit address.
   * @throws CircuitError EINVAL for something that is not a message of this protocol
   */
  deliver(message: unknown, from: string): void;
  /** Leaves the network and stops for good. */
  close(): Promise<void>;
}

export interface JoinOptions extends Interruptible {
  /**
   * Whether a user wants it, which is the default: a member that has left then comes back. A daemon
   * that joins others of its own accord does not bring such a member back.
   */
  readonly byUser?: boolean;
}

export interface MemberStatus {
  readonly record: MemberRecord;
  /** Since when it is in this state, as far as we know, in milliseconds since the epoch. */
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
  /** Why a member went: in order, or because it could not be reached. */
  readonly state: MemberRecord['state'];
}

/** How members reach each other: by the transport in a daemon, by a mock in tests. */
export interface Links {
  /**
   * Gives the link to `address`, made if there is none.
   * @throws CircuitError ECONNREFUSED, ETIMEDOUT, EACCES, …
   */
  connect(address: Address, signal?: AbortSignal): Promise<Link>;
  /** Gives a link to `peer` that stands already. */
  standing(peer: PeerAddress): Link | undefined;
  /**
   * Dials `address` and hangs up, whether or not there is a link.
   * @param timeout In milliseconds.
   * @throws CircuitError as `connect`
   */
  probe(address: Address, timeout: number): Promise<void>;
}

export interface Link {
  /** The address at which the peer says it listens: it may have been dialled by another name. */
  readonly peer: PeerAddress;
  /**
   * Calls `deliver` at the other side, and does not wait for the answer.
   * @param lost Called if the link goes down before anything is heard from the peer or another
   *   message is sent: this one may not have arrived.
   */
  send(message: unknown, lost: () => void): void;
  /**
   * As {@link send}, but resolves when the message has arrived.
   * @throws CircuitError EHOSTUNREACH
   */
  sendAndWait(message: unknown): Promise<unknown>;
  /** Keeps the link standing until the result is disposed. */
  hold(): Disposable;
  /**
   * Tells once that nothing was heard from the peer for some seconds, although it should have been.
   */
  whenSilent(listener: () => void): Disposable;
  /** Resolves when the link is down. */
  readonly closed: Promise<void>;
}
