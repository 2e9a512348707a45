/**
 * The typed door to the addon in C: a FUSE device, mount(2), processes and
 * their pipes, locks of files, memory, and readiness.
 *
 * Whatever fails throws an Error with `code` (`ENODEV`), `errno` (negative) and
 * `syscall`.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** umount2(2): detach now, clean up when the last user has gone. */
export const MNT_DETACH = 2;

/** The largest number that the addon takes, a C int. */
const MAX_INT = 2 ** 31 - 1;

/** mount(2) flags, from sys/mount.h. */
export const MountFlags = { nosuid: 2, nodev: 4, noatime: 1024 } as const;

interface Addon {
  open(): number;
  read(fd: number, into: Uint8Array): number;
  write(fd: number, header: Uint8Array, payload?: Uint8Array): void;
  queuedWrite(fd: number, message: Uint8Array): Promise<void>;
  close(fd: number): void;
  mount(source: string, target: string, type: string, flags: number, data: string): void;
  unmount(target: string, flags: number): void;
  socketpair(): [number, number];
  receiveDescriptor(socket: number): number;
  lockFile(fd: number): boolean;
  append(fd: number): void;
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
  isStopped(pid: number): boolean;
  isChildSubreaper(): boolean;
  pipe(ours: number): [readingEnd: number, writingEnd: number];
  readPipe(fd: number, into: Uint8Array): number;
  writePipe(fd: number, bytes: Uint8Array): number;
  isReady(fd: number): boolean;
  trimMemory(): void;
}

function load(): Addon {
  try {
    return createRequire(import.meta.url)('../native/fuse.node') as Addon;
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    const folder = fileURLToPath(new URL('../..', import.meta.url));
    const text = `circuit's FUSE addon cannot be loaded: ${reason}; run "npm run install" in ${folder}`;
    throw new Error(text, { cause });
  }
}

const addon = load();

/** Opens /dev/fuse; the descriptor does not block and is not inherited. */
export const open = addon.open;

/** Reads one request; 0 where none is waiting. ENODEV: unmounted. `into` must hold max_write + 4096. */
export const read = addon.read;

/** Writes one message in one system call, at once. ENOENT: the kernel no longer waits for this reply. */
export const write = addon.write;

/** Writes a copy of the message on the thread pool, where it may block. */
export const queuedWrite = addon.queuedWrite;

/** Closes a descriptor of any kind. */
export const close = addon.close;

/** mount(2). */
export const mount = addon.mount;

/** umount2(2); `flags` may be {@link MNT_DETACH}. */
export const unmount = addon.unmount;

/** Two connected Unix stream sockets, closed on exec. */
export const socketpair = addon.socketpair;

/**
 * Takes the descriptor that was sent with SCM_RIGHTS, without waiting; it does
 * not block and is not inherited. EAGAIN: nothing was sent. EPROTO: no descriptor came.
 */
export const receiveDescriptor = addon.receiveDescriptor;

/** flock(2), without waiting: whether the lock is ours now, until the descriptor is closed. */
export const lockFile = addon.lockFile;

/** Each write goes to the end of the file from now on (O_APPEND), of all who share the open file. */
export const append = addon.append;

/** For which readiness a {@link Watcher} watches. */
export const WatchFor = { none: 0, readable: 1, writable: 2 } as const;

/** Calls `ready` in the event loop while a descriptor has something to read or is in error. */
export class Watcher {
  readonly #watcher: object;

  /** The descriptor must be closed after the watcher. */
  constructor(fd: number, ready: () => void) {
    this.#watcher = addon.watch(fd, ready);
  }

  /** Keeps the process alive (the default). */
  ref(): void {
    addon.hold(this.#watcher, true);
  }

  unref(): void {
    addon.hold(this.#watcher, false);
  }

  /** Changes what it watches for, one of {@link WatchFor}; at first that is `readable`. */
  watchFor(events: number): void {
    addon.watchFor(this.#watcher, events);
  }

  /** `ready` is not called any more. May be called again. */
  close(): void {
    addon.unwatch(this.#watcher);
  }
}

export interface Program {
  /** Paths; the first that exists and may be run becomes the program. */
  readonly candidates: readonly string[];
  /** With the name of the program as the first. */
  readonly argv: readonly string[];
  readonly environment: readonly string[];
  /** Empty for the directory that we are in. */
  readonly directory: string;
  /** What becomes its descriptors 0, 1 and 2; it gets no others. To be closed when it has started. */
  readonly stdio: readonly [number, number, number];
  /** The soft limit of its descriptors; where the hard limit is lower, that. */
  readonly openFiles: number;
}

/** Children whose starts have not come to an end, and those that run, or have not been reaped. */
const starting = new Set<object>();
const unreaped = new Set<number>();

/** Whether somebody here waits for this child. */
export function isOwnChild(pid: number): boolean {
  return unreaped.has(pid) || [...starting].some((start) => addon.startPid(start) === pid);
}

/** The start of a program, the leader of a session of its own. It never blocks the event loop. */
export class Start {
  /**
   * Settles when the program runs, with its pid and a descriptor that becomes readable when it
   * has ended. Rejected with the `syscall` that failed: chdir, execve, vfork, …
   */
  readonly started: Promise<readonly [pid: number, pidfd: number]>;
  readonly #start: object;

  /** @param program No string in it may contain a NUL. */
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

  /** Kills it if it does not run yet; `started` then settles either way. */
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

/** Takes leave of a child that has ended: the status as wait(2) has it, or undefined while it runs. */
export function reapProcess(pid: number): number | undefined {
  const status = addon.reapProcess(pid);
  if (status !== undefined) unreaped.delete(pid);
  return status;
}

/** Whether a child that has not been reaped is stopped now. */
export const isStopped = addon.isStopped;

/** Whether orphans among our descendants become our children: PR_SET_CHILD_SUBREAPER of prctl(2). */
export const isChildSubreaper = addon.isChildSubreaper;

/** pipe2(2), closed on exec. Of its ends, `ours` (0 for the reading one) does not block. */
export const pipe = addon.pipe;

/** Reads what there is, up to the size of `into`; 0 at the end of file, -1 where it would wait. */
export const readPipe = addon.readPipe;

/** Writes what there is room for, and tells how many bytes that was. EPIPE: nobody can read it. */
export const writePipe = addon.writePipe;

/** poll(2): whether reading or writing would not wait, be it that it fails. */
export const isReady = addon.isReady;

/** Gives the kernel the memory that the C library keeps though it is free (malloc_trim(3)). */
export const trimMemory = addon.trimMemory;
