import type { MemberName } from '../base/address.js';
import type { Interruptible } from '../base/interruptible.js';
import type { LogPiece } from '../base/log.js';
import type { ChannelPeek } from '../kinds/chan/channel.js';
import type { IncomingMessage, OutgoingMessage, WaitOptions } from '../kinds/chan/message.js';
import type { MessageShare } from '../kinds/chan/message-memory.js';
import type { ProcessPeek } from '../kinds/proc/process.js';
import type { SubscriptionKind } from '../kinds/subscription/subscription.js';

export type { LogPiece } from '../base/log.js';
export type { ChannelPeek } from '../kinds/chan/channel.js';
export type {
  IncomingMessage,
  OutgoingMessage,
  WaitOptions,
  WriteOptions,
} from '../kinds/chan/message.js';
export type { ProcessPeek } from '../kinds/proc/process.js';
export type { SubscriptionKind } from '../kinds/subscription/subscription.js';
export type { SubscriptionPeek } from './subscription.js';

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
  /** As it was when the list was made: {@link Circuit.watch} does not tell of its changes. */
  readonly state: ListedState;
}

/** A member that is suspected does not answer, and will have gone unless it does soon. */
export type ListedState = 'alive' | 'suspect';

/** A daemon, and the root of its anchors. */
export interface Member extends AnchorHost, ElementHost {
  readonly name: MemberName;
  /** Whether it does not answer, as far as this daemon knows: asks nobody. */
  readonly suspected: boolean;
  /** The circuit address, a secret. */
  addr(signal?: AbortSignal): Promise<string>;
  /**
   * Merges this member's network with those of the daemons at `addresses`. All
   * are tried; if any fails, so does the call, with the first one's errno and a
   * sentence on each.
   * @throws CircuitError EINVAL, EACCES, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, EPROTO,
   *   ECONNRESET, EMFILE, EINTR, ECANCELED (it left meanwhile, or another daemon was started as it)
   */
  join(addresses: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Leaves the network and goes on alone. */
  leave(signal?: AbortSignal): Promise<void>;
  /** Ends the daemon in order; returns when the end has begun. */
  shutdown(signal?: AbortSignal): Promise<void>;
  /**
   * Also of a member that cannot be reached now, as long as it is listed; but not if it is
   * the daemon through which one looks that cannot be.
   * @throws CircuitError EHOSTUNREACH (that daemon), ENOENT (it is not listed any more)
   */
  peek(signal?: AbortSignal): Promise<MemberPeek>;
  /** To whom it keeps links. */
  peers(signal?: AbortSignal): Promise<MemberPeers>;
  /** Stack and heap report of the running daemon, as text. */
  stk(signal?: AbortSignal): Promise<string>;
  /** Which part of the operations log is kept, in bytes since the daemon started. */
  log(signal?: AbortSignal): Promise<LogExtent>;
  /** Up to `size` bytes of the log from `offset`, or from the oldest that is kept; none at its end. */
  readLog(offset: number, size: number, signal?: AbortSignal): Promise<LogPiece>;
  /** Resolves when the log goes beyond `offset`, however long that takes. */
  whenLogged(offset: number, signal?: AbortSignal): Promise<void>;
}

/** A member's state; the keys are the Go circuit's, where it had them. */
export interface MemberPeek {
  readonly Name: string;
  readonly Addr: string;
  /** RFC 3339. */
  readonly Joined: string;
  /** What the daemon through which one looks knows of it, which need not be what others do. */
  readonly State: ListedState;
  /** Since when that daemon holds it for so; RFC 3339. */
  readonly Since: string;
  /** This and what follows only the member itself can tell; left out while it does not answer. */
  readonly Host?: string;
  readonly Pid?: number;
  readonly Version?: string;
}

/** The partial views of HyParView: names of members, sorted. */
export interface MemberPeers {
  /** Those to which it keeps links; what it tells the network goes by them. */
  readonly Active: readonly string[];
  /** Some others, to take the place of one that goes. */
  readonly Passive: readonly string[];
}

export interface LogExtent {
  readonly start: number;
  readonly end: number;
}

/** Names from a member's directory down; empty for the member itself. */
export type AnchorPath = readonly string[];

/** Where anchors live. A path that does not exist fails with ENOENT. */
export interface AnchorHost {
  stat(path: AnchorPath, signal?: AbortSignal): Promise<AnchorEntry>;
  /** As `stat`, with the sub-anchors. */
  view(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView>;
  /**
   * Makes one anchor, whose parent exists.
   * @throws CircuitError EEXIST, EINVAL or ENAMETOOLONG (the name)
   */
  mkdir(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView>;
  /** @throws CircuitError ENOTEMPTY, EBUSY (an element), EPERM (the member itself) */
  rmdir(path: AnchorPath, signal?: AbortSignal): Promise<void>;
  /**
   * As `stat`, but asks nobody: `undefined` if it is not known without. Of another member it is
   * what that one has told, and has not taken back by {@link follow}.
   */
  known(path: AnchorPath): AnchorEntry | undefined;
  /**
   * Calls `changed`, once, before what `stat` tells of any anchor changes. The change is made
   * when that has resolved, or has not within a second.
   */
  follow(changed: () => Promise<void>): Disposable;
  /** Tells of sub-anchors that came or went; only where that can be known at once. */
  watch?(path: AnchorPath, listener: (name: string, gone: boolean) => void): Disposable;
}

export interface AnchorEntry {
  /** Differs from that of any other anchor its member has ever had. */
  readonly id: number;
  /** Nanoseconds since the epoch; moves with every change of its sub-anchors or its element. */
  readonly changed: bigint;
  /** Of its element, if it has one. */
  readonly kind?: ElementKind;
}

export interface AnchorView extends AnchorEntry {
  /** The sub-anchors, by name. */
  readonly anchors: ReadonlyArray<AnchorEntry & { readonly name: string }>;
}

export type ElementKind = 'chan' | 'proc' | SubscriptionKind;

/** Makes elements on anchors; the anchors on the way are made, too. */
export interface ElementHost {
  /** @throws CircuitError EEXIST, EINVAL (the capacity, a name) */
  makeChannel(path: AnchorPath, capacity: number, signal?: AbortSignal): Promise<void>;
  /**
   * The channel at `path`, to be disposed. A subscription is one, too.
   * @param caller Its signal is asked for only if there is something to wait for.
   * @throws CircuitError ENOENT; another member's, when it is used
   */
  channel(path: AnchorPath, caller?: ChannelCaller): Promise<Channel>;
  /**
   * Starts a process.
   * @param command The JSON of the file `mkproc`.
   * @returns It, to be disposed: `Scrub` may have removed it from `path` by now.
   * @throws CircuitError EEXIST, EINVAL (the command), ENOENT or EACCES (the program, Dir)
   */
  makeProcess(path: AnchorPath, command: string, signal?: AbortSignal): Promise<Process>;
  /**
   * As `makeProcess`, of a process that somebody attends: when the result is disposed, or its
   * holder is cut off or silent for ATTENDANT_GONE_AFTER_MS, its group gets HUP, after HANG_UP_GRACE_MS
   * KILL, and the element is removed.
   */
  attendProcess(path: AnchorPath, command: string, signal?: AbortSignal): Promise<AttendedProcess>;
  /** The process at `path`, to be disposed. @throws CircuitError as `channel` */
  process(path: AnchorPath, caller?: Interruptible): Promise<Process>;
  /**
   * Makes a subscription to what that member learns of the network from now on. It is a
   * channel to which only the network sends: `send` and `close` fail with EPERM. Each
   * message is the path of a member, `/X…`, and a newline. After 20,000 that nobody has
   * received it ends: when these are received, receivers fail with ENOBUFS.
   * @throws CircuitError EEXIST, EINVAL (a name)
   */
  makeSubscription(path: AnchorPath, kind: SubscriptionKind, signal?: AbortSignal): Promise<void>;
  /** Aborts the element and removes it, whatever its state. @throws CircuitError ENOENT */
  scrub(path: AnchorPath, signal?: AbortSignal): Promise<void>;
}

/** A program, or a peer, that opens a channel. */
export interface ChannelCaller extends Interruptible {
  /** Accounts for their messages in the memory of the channel's member; by default as this host's. */
  readonly messages?: MessageShare | undefined;
}

/** What one can wait for at a channel. */
export type ChannelDirection = 'send' | 'recv';

/** Go's channel; its values are messages of any length. */
export interface Channel extends Disposable {
  /** A message that enters the channel with its first write. */
  send(): OutgoingMessage;
  /** A message that is asked for with the first read. */
  receive(): IncomingMessage;
  /** No more sends; what is buffered can still be received. */
  close(signal?: AbortSignal): Promise<void>;
  peek(signal?: AbortSignal): Promise<ChannelPeek>;
  /** Whether a first write, or read, would be answered at once. */
  ready(direction: ChannelDirection, signal?: AbortSignal): Promise<boolean>;
  /** Resolves when it is. */
  whenReady(direction: ChannelDirection, signal?: AbortSignal): Promise<void>;
}

export type OutputName = 'stdout' | 'stderr';

/** A process that runs, or has ended. */
export interface Process extends Disposable {
  readonly kind: 'proc';
  /** As a FIFO: the process sees the end when the last writer closes, but not after one that appends. */
  stdin(options?: { readonly append?: boolean }): ProcessWriter;
  /** A pipe: bytes go to one reader. With `Retain` each sees what is kept, and then follows. */
  output(name: OutputName): ProcessReader;
  /** Resolves when it has ended. */
  wait(signal?: AbortSignal): Promise<ProcessPeek>;
  /** @param name Of a signal to the process group, or its number. @throws CircuitError EINVAL */
  signal(name: string, signal?: AbortSignal): Promise<void>;
  peek(signal?: AbortSignal): Promise<ProcessPeek>;
}

export interface AttendedProcess extends Process {
  /**
   * As {@link ElementHost.scrub}, of this very process: another one that is at its path by now is
   * left alone, and it is no error where it has gone.
   */
  scrub(signal?: AbortSignal): Promise<void>;
}

export interface ProcessWriter {
  /**
   * Resolves to the number of bytes that were taken: fewer where it was
   * interrupted, would have to wait, or the process ended.
   * @throws CircuitError EPIPE, EAGAIN, EINTR, where none was
   */
  write(data: Uint8Array, options?: WaitOptions): Promise<number>;
  /** Whether a write would be answered at once. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when it may be. */
  whenReady(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Bytes to be read, as they come. */
export interface ByteReader {
  /**
   * Up to `max` bytes; none at the end.
   * @throws CircuitError EAGAIN, EINTR, EIO
   */
  read(max: number, options?: WaitOptions): Promise<Uint8Array>;
  /** What was read last has not reached whom it was for: it is the next to be read here. */
  unread(data: Uint8Array): void;
  /** So many more bytes of what was read have reached whom they were for. */
  received(bytes: number): void;
  /** Ends it; what was not received can be read by the next reader, in order. */
  close(): void;
}

export interface ProcessReader extends ByteReader {
  /** Whether a read would be answered at once. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when it may be. */
  whenReady(signal?: AbortSignal): Promise<void>;
}
