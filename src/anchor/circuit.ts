/**
 * The circuit, its members, and the tree of anchors on each. The mount, the command line and the
 * library use these interfaces, and nothing below them; a local member and a remote one look the same.
 *
 * Every method that can block takes an `AbortSignal` and fails with EINTR when it is aborted. Every
 * method of a remote member can fail with EHOSTUNREACH.
 */
import type { MemberName } from '../base/address.js';
import type { Interruptible } from '../base/interruptible.js';
import type { Files } from '../kinds/control-file.js';
import type { ListedState } from '../kinds/member/kind.js';
import type { MessageShare } from '../kinds/message-memory.js';
import type { Description } from '../kinds/table.js';

/** The network as one member sees it. */
export interface Circuit {
  /** The member whose view this is. */
  readonly self: MemberName;
  /**
   * The members that this one knows now, sorted by name. Asks nobody. The list is the same one until
   * something in it changes.
   */
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
  /** Its state when the list was made: {@link Circuit.watch} does not tell of its changes. */
  readonly state: ListedState;
  /** The name of its host; empty where none is known that is safe to show. */
  readonly host: string;
  /** The host in its circuit address, which itself is a secret. */
  readonly addressHost: string;
  /** The version of its software; empty where none is known that is safe to show. */
  readonly version: string;
}

/** Names from a member's directory down; empty for the member itself. */
export type AnchorPath = readonly string[];

/** A daemon, and the root of its anchors. A path that does not exist fails with ENOENT. */
export interface Member {
  readonly name: MemberName;
  /** Whether this daemon knows that the member does not answer. Asks nobody. */
  readonly suspected: boolean;

  /** The anchor at `path`. @throws CircuitError ENOENT */
  stat(path: AnchorPath, signal?: AbortSignal): Promise<AnchorEntry>;
  /** The anchor with its sub-anchors. @throws CircuitError ENOENT */
  view(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView>;
  /**
   * Makes one anchor, whose parent exists.
   * @throws CircuitError EEXIST, EINVAL or ENAMETOOLONG (the name)
   */
  mkdir(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView>;
  /** @throws CircuitError ENOTEMPTY, EBUSY (an element), EPERM (the member itself) */
  rmdir(path: AnchorPath, signal?: AbortSignal): Promise<void>;
  /**
   * The anchor at `path`, if that is known without asking. Another member's anchors are known by
   * delegation: it has told of them, and has not recalled that.
   */
  known(path: AnchorPath): AnchorEntry | undefined;
  /**
   * Calls `recall`, once, before what `stat` tells of any anchor changes. The change is made
   * when that has resolved, or has not within a second.
   */
  delegate(recall: () => Promise<void>): Disposable;
  /** Tells of sub-anchors that came or went; only where that can be known at once. */
  watch?(path: AnchorPath, listener: (name: string, gone: boolean) => void): Disposable;

  /**
   * Which control files a directory has: of a `member`, of an `anchor` without an element, or of an
   * element of some kind. Asks only for what is not known here.
   */
  describe(directory: string, signal?: AbortSignal): Description | Promise<Description>;
  /**
   * The control files at `path`: the member's, the element's, or those that make one. To be disposed.
   * @throws CircuitError ENOENT; another member's, when they are used
   */
  files(path: AnchorPath, opener?: FilesOpener): Promise<Files>;
  /**
   * Makes an element, and the anchors on the way. If it is interrupted, it may have been made.
   * @param file The file that makes it, such as `mkchan`.
   * @returns The element's files, to be disposed.
   * @throws CircuitError EEXIST, EINVAL, and what the kind says
   */
  make(path: AnchorPath, file: string, text: string, maker?: MakeOptions): Promise<Files>;
}

export interface FilesOpener extends Interruptible {
  /** Accounts for their messages in the memory of that member; by default as this host's. */
  readonly memory?: MessageShare | undefined;
}

export interface MakeOptions extends FilesOpener {
  /**
   * The holder of the files attends the element. When the holder disposes them, or is cut off or
   * silent for ATTENDANT_GONE_AFTER_MS, a process group gets HUP, after HANG_UP_GRACE_MS KILL, and
   * the element is removed.
   */
  readonly attended?: boolean;
}

export interface AnchorEntry {
  /** Differs from that of any other anchor its member has ever had. */
  readonly id: number;
  /** Nanoseconds since the epoch; moves with every change of its sub-anchors or its element. */
  readonly changed: bigint;
  /** The kind of its element, if it has one. */
  readonly kind?: string;
}

export interface AnchorView extends AnchorEntry {
  /** The sub-anchors, by name. */
  readonly anchors: ReadonlyArray<AnchorEntry & { readonly name: string }>;
}
