import type { MemberName } from '../address.js';

/**
 * The anchor API: what everything is. The mount, the command line and the
 * library are written on it and know nothing below it; a local member and a
 * remote one are the same interface.
 *
 * Every method that can wait takes an `AbortSignal` and fails with EINTR when it
 * is aborted. Every method of a remote member can fail with EHOSTUNREACH.
 */

/** The network as one member sees it. */
export interface Circuit {
  /** The member whose view this is. */
  readonly self: MemberName;
  /** What this member knows now, sorted by name; asks nobody. */
  members(): readonly MemberEntry[];
  /** A member that is listed, or `undefined`. */
  member(name: string): Member | undefined;
  /** Tells of members that came, or went (`gone`). */
  watch(listener: (name: MemberName, gone: boolean) => void): Disposable;
}

export interface MemberEntry {
  readonly name: MemberName;
  /** When its daemon started, in milliseconds since the epoch. */
  readonly joined: number;
}

/** A daemon, and the root of its anchors. */
export interface Member extends AnchorHost {
  readonly name: MemberName;
  /** The circuit address, a secret. */
  addr(signal?: AbortSignal): Promise<string>;
  /**
   * Merges this member's network with those of the daemons at `addresses`. All
   * are tried; if any fails, so does the call, with the first one's errno and a
   * sentence on each.
   * @throws CircuitError EINVAL, EACCES, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, EPROTO
   */
  join(addresses: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Leaves the network and goes on alone. */
  leave(signal?: AbortSignal): Promise<void>;
  /** Ends the daemon in order; returns when the end has begun. */
  shutdown(signal?: AbortSignal): Promise<void>;
  peek(signal?: AbortSignal): Promise<MemberPeek>;
  /** Stack and heap report of the running daemon, as text. */
  stk(signal?: AbortSignal): Promise<string>;
  /** Which part of the operations log is kept, in bytes since the daemon started. */
  log(signal?: AbortSignal): Promise<LogExtent>;
  /** Up to `size` bytes of the log from `offset`; empty at its end. */
  readLog(offset: number, size: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** A member's state; the keys are the Go circuit's, where it had them. */
export interface MemberPeek {
  readonly Name: string;
  readonly Addr: string;
  /** RFC 3339. */
  readonly Joined: string;
  readonly Host: string;
  readonly Pid: number;
  readonly Version: string;
}

export interface LogExtent {
  readonly start: number;
  readonly end: number;
}

/** Names from a member's directory down; empty for the member itself. */
export type AnchorPath = readonly string[];

/** Where anchors live. A path that does not exist fails with ENOENT. */
export interface AnchorHost {
  view(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView>;
  /**
   * Makes one anchor, whose parent exists.
   * @throws CircuitError EEXIST, EINVAL or ENAMETOOLONG (the name)
   */
  mkdir(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView>;
  /** @throws CircuitError ENOTEMPTY, EBUSY (an element), EPERM (the member itself) */
  rmdir(path: AnchorPath, signal?: AbortSignal): Promise<void>;
  /** Tells of sub-anchors that came or went; only where that can be known at once. */
  watch?(path: AnchorPath, listener: (name: string, gone: boolean) => void): Disposable;
}

export interface AnchorEntry {
  /** Differs from that of any other anchor its member has ever had. */
  readonly id: number;
  /** Nanoseconds since the epoch; moves with every change of the sub-anchors. */
  readonly changed: bigint;
}

export interface AnchorView extends AnchorEntry {
  /** The sub-anchors, by name. */
  readonly anchors: ReadonlyArray<AnchorEntry & { readonly name: string }>;
}
