/**
 * The typed interface of the addon in C: a FUSE device, mount(2), processes and their pipes, locks of
 * files, datagrams, memory, and readiness. A function that fails throws an Error with `code` (such as
 * `ENODEV`), `errno` (negative) and `syscall`.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** umount2(2): detaches at once, and cleans up when no program uses the mount any more. */
export const MNT_DETACH = 2;

/** The largest number that the addon accepts: a C int. */
const MAX_INT = 2 ** 31 - 1;

/** Flags of mount(2), from sys/mount.h. */
export const MountFlags = { nosuid: 2, nodev: 4, noatime: 1024 } as const;

/** The machines that `build.mjs prebuilt` compiles for. */
const PREBUILT = 'linux-x64 and linux-arm64, with glibc 2.28 or later, or musl';

interface Addon {
  /** Opens /dev/fuse. The descriptor does not block and is closed on exec. */
  open(): number;
  /** Reads one request; returns 0 if none is waiting. ENODEV: unmounted. `into` needs max_write + 4096 bytes. */
  read(fd: number, into: Uint8Array): number;
  /** Writes one message in one system call. ENOENT: the kernel has given up on the request. */
  write(fd: number, header: Uint8Array, payload?: Uint8Array): void;
  /** Writes a copy of the message on the thread pool, where it may block. */
  queuedWrite(fd: number, message: Uint8Array): Promise<void>;
  /** Closes a descriptor of any kind. */
  close(fd: number): void;
  /** mount(2). */
  mount(source: string, target: string, type: string, flags: number, data: string): void;
  /** umount2(2); `flags` may be {@link MNT_DETACH}. */
  unmount(target: string, flags: number): void;
  /** Two connected Unix stream sockets, closed on exec. */
  socketpair(): [number, number];
  /**
   * Receives a descriptor (SCM_RIGHTS) without waiting. The descriptor does not block and is closed on
   * exec. EAGAIN: nothing was sent. EPROTO: the message has no descriptor.
   */
  receiveDescriptor(socket: number): number;
  /** Tries flock(2) without waiting. @returns Whether we have the lock; it lasts until `fd` is closed. */
  lockFile(fd: number): boolean;
  /** Sets O_APPEND for all users of the open file: each write goes to its end from now on. */
  append(fd: number): void;
  /** Whether a child that has not been reaped is stopped now. */
  isStopped(pid: number): boolean;
  /** Whether orphans among our descendants become our children (prctl(2), PR_SET_CHILD_SUBREAPER). */
  isChildSubreaper(): boolean;
  /** pipe2(2), closed on exec. The end `ours` (0 reads, 1 writes) does not block. */
  pipe(ours: number): [readingEnd: number, writingEnd: number];
  /** Reads the available bytes, up to the size of `into`; 0 at the end of file, -1 if it would wait. */
  readPipe(fd: number, into: Uint8Array): number;
  /** Writes the bytes for which there is room. @returns Their number. EPIPE: there is no reader. */
  writePipe(fd: number, bytes: Uint8Array): number;
  /** poll(2): whether a read or a write would not wait. It may fail. */
  isReady(fd: number): boolean;
  /**
   * Sends one datagram to a Unix socket without waiting.
   * @param name A path, or an abstract name after `@` (unix(7)).
   * @throws EAGAIN: the receiver's queue is full. ENOENT, ECONNREFUSED: nobody receives there.
   */
  sendDatagram(name: string, data: Uint8Array): void;
  /** Returns to the kernel the free memory that the C library keeps (malloc_trim(3)). */
  trimMemory(): void;

  // The classes and functions below call these.
  watch(fd: number, ready: () => void): object;
  unwatch(watcher: object): void;
  hold(watcher: object, held: boolean): void;
  watchFor(watcher: object, events: number): void;
  startProcess(
    programs: Uint8Array,
    args: Uint8Array,
    environment: Uint8Array,
    directory: string,
    stdin: number,
    stdout: number,
    stderr: number,
    openFiles: number,
  ): [start: object, finished: number];
  startOutcome(start: object): [pid: number, pidfd: number];
  startPid(start: object): number;
  abortStart(start: object): void;
  reapProcess(pid: number): number | undefined;
}

/** From dist/native, and from the bundles in dist/bin and dist/library. */
function pathOf(file: string): string {
  return fileURLToPath(new URL(`../native/${file}`, import.meta.url));
}

/** Why the addon cannot be loaded. Then each of its functions throws this. */
export let loadFailure: Error | undefined;

/** The addon that a clone has built, else that of a package, which `build.mjs prebuilt` has made. */
function load(): Addon {
  const require = createRequire(import.meta.url);
  const reasons: string[] = [];
  for (const name of ['fuse.node', `prebuilt/linux-${process.arch}/fuse.node`]) {
    const file = pathOf(name);
    try {
      return require(file) as Addon;
    } catch (error) {
      reasons.push(existsSync(file) ? firstLine(error) : `there is no ${file}`);
    }
  }
  const text = `circuit's FUSE addon cannot be loaded: ${reasons.join(', ')}; ${whatHelps()}`;
  const failure = Object.assign(new Error(text), { code: 'ENOEXEC' });
  loadFailure = failure;
  const fails = () => {
    throw failure;
  };
  return new Proxy({} as Addon, { get: () => fails });
}

/** The message of dlopen(3) begins with the file's name. */
function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line;
}

function whatHelps(): string {
  const [root, script] = [pathOf('../..'), pathOf('../../native/build.mjs')];
  if (existsSync(script)) return `run "npm run addon" in ${root}`;
  return `this is ${process.platform}-${process.arch}, and the package has addons for ${PREBUILT}; elsewhere run "npm ci" in a clone of the repository, with a C compiler`;
}

const addon = load();

export const { open, read, write, queuedWrite, close } = addon;
export const { mount, unmount, socketpair, receiveDescriptor } = addon;
export const { lockFile, append, isReady, trimMemory, sendDatagram } = addon;
export const { pipe, readPipe, writePipe, isStopped, isChildSubreaper } = addon;

/** The readiness that a {@link Watcher} watches for. */
export const WatchFor = { none: 0, readable: 1, writable: 2 } as const;

/** Calls `ready` in the event loop while a descriptor can be read or is in error. */
export class Watcher {
  readonly #watcher: object;

  /** The watcher must be closed before the descriptor. */
  constructor(fd: number, ready: () => void) {
    this.#watcher = addon.watch(fd, ready);
  }

  /** The watcher keeps the process alive. That is the default. */
  ref(): void {
    addon.hold(this.#watcher, true);
  }

  unref(): void {
    addon.hold(this.#watcher, false);
  }

  /** @param events One of {@link WatchFor}; at first `readable`. */
  watchFor(events: number): void {
    addon.watchFor(this.#watcher, events);
  }

  /** Ends the calls of `ready`. Closing again does nothing. */
  close(): void {
    addon.unwatch(this.#watcher);
  }
}

export interface Program {
  /** Paths. The first one that exists and may be executed is the program. */
  readonly candidates: readonly string[];
  /** The first is the program's name. */
  readonly argv: readonly string[];
  readonly environment: readonly string[];
  /** Empty for our working directory. */
  readonly directory: string;
  /** Become its descriptors 0, 1 and 2, its only ones. The caller closes them when it has started. */
  readonly stdio: readonly [number, number, number];
  /** The soft limit of its descriptors; the hard limit bounds it. */
  readonly openFiles: number;
}

/** Children that are being started, and children that run or have not been reaped. */
const starting = new Set<object>();
const unreaped = new Set<number>();

/** Whether this child is ours to reap, and not an orphan that came to us. */
export function isOwnChild(pid: number): boolean {
  return unreaped.has(pid) || [...starting].some((start) => addon.startPid(start) === pid);
}

/** Starts a program as the leader of a new session, without blocking the event loop. */
export class Start {
  /**
   * Resolves when the program runs, with its pid and a descriptor that becomes readable when it ends.
   * Rejects with the `syscall` that failed: chdir, execve, vfork, …
   */
  readonly started: Promise<readonly [pid: number, pidfd: number]>;
  readonly #start: object;

  /** @param program Its strings must not contain NUL. */
  constructor({ candidates, argv, environment, directory, stdio, openFiles }: Program) {
    const [start, finished] = addon.startProcess(
      join(candidates),
      join(argv),
      join(environment),
      directory,
      ...stdio,
      Math.min(openFiles, MAX_INT),
    );
    this.#start = start;
    this.started = readable(finished)
      .catch((error) => {
        this.abort();
        throw error;
      })
      .finally(() => addon.close(finished))
      .then(() => addon.startOutcome(start))
      .then(([pid, pidfd]) => {
        unreaped.add(pid);
        return [pid, pidfd] as const;
      })
      .finally(() => starting.delete(start));
    starting.add(start);
  }

  /** Kills the child if the program does not run yet. `started` settles in any case. */
  abort(): void {
    addon.abortStart(this.#start);
  }
}

function readable(fd: number): Promise<void> {
  return new Promise((resolve) => {
    const watcher = new Watcher(fd, () => {
      watcher.close();
      resolve();
    });
  });
}

function join(strings: readonly string[]): Uint8Array {
  return Buffer.from(strings.map((string) => `${string}\0`).join(''));
}

/** Reaps a child. @returns Its status as in wait(2); undefined while it runs. */
export function reapProcess(pid: number): number | undefined {
  const status = addon.reapProcess(pid);
  if (status !== undefined) unreaped.delete(pid);
  return status;
}
