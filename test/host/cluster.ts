import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { Janitor, signalGroup } from '../janitor.js';

/**
 * So long, in milliseconds, a test waits for what Circuit promises no time for: other programs
 * may keep the processors busy. It costs nothing where the test passes.
 */
export const PATIENCE = 60_000;

const CIRCUIT = join(import.meta.dirname, '../../bin/circuit.cjs');

/** A script that gives the host any name, also one that hostname(1) refuses, and runs what follows. */
const BECOME = 'printf %s "$0" > /proc/sys/kernel/hostname && exec "$@"';

/** A script that gives the host another resolver, and runs what follows. */
const RESOLVE_BY = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';

/**
 * The start that was asked for last. Daemons start one after the other: ava runs one test file more
 * at once than there are processors, each in a process of its own, and where more daemons start at
 * once, each takes so long that limits of theirs pass.
 */
let lastStart: Promise<unknown> = Promise.resolve();

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status, or the name of the signal that ended it. */
  readonly status: number | NodeJS.Signals;
  /** How long it took, in milliseconds. */
  readonly elapsed: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly input?: string;
  /** A network namespace to run in. */
  readonly netns?: string;
  /** The host name that a daemon finds, in a UTS namespace of its own. */
  readonly hostname?: string;
  /**
   * A file that stands for /etc/resolv.conf to a daemon, in a mount namespace of its own: for one that
   * does not mount.
   */
  readonly resolvConf?: string;
  /** Milliseconds after which the program is killed, with its process group: a minute by custom. */
  readonly timeout?: number;
}

/**
 * Real daemons with real mounts in a temporary directory, of which nothing is
 * left after the test.
 */
export class Cluster {
  readonly #janitor: Janitor;
  readonly #logs: string[] = [];
  #daemons = 0;
  #namespaces = 0;
  #controlGroups = 0;

  constructor(t: Pick<ExecutionContext, 'teardown'>) {
    // The logs go with the directory.
    const teardown = (finish: () => void | Promise<void>) =>
      t.teardown(async () => {
        try {
          this.#checkLogs();
        } finally {
          await finish();
        }
      });
    this.#janitor = new Janitor({ teardown });
  }

  get directory(): string {
    return this.#janitor.directory;
  }

  /** As {@link Janitor.pids}. */
  get pids(): string {
    return this.#janitor.pids;
  }

  /** Starts a daemon and waits until it has printed its address. */
  start(...args: string[]): Promise<TestDaemon> {
    return this.startWith({}, ...args);
  }

  /** The same; a start that was asked for before is waited for first. */
  startWith(options: RunOptions, ...args: string[]): Promise<TestDaemon> {
    const started = lastStart.then(async () => {
      const daemon = this.launch(args, options);
      await daemon.ready;
      return daemon;
    });
    // The next one starts also where this one could not.
    lastStart = started.catch(() => {});
    return started;
  }

  /**
   * Starts a daemon on a mount point of its own, unless `args` name one, and waits for nothing:
   * it is for one that cannot start, or that the test deals with before it is ready.
   */
  launch(args: string[], options: RunOptions = {}): TestDaemon {
    this.#daemons += 1;
    const id = `host${this.#daemons}`;
    const mountpoint = join(this.directory, id);
    const mounts = args.some((arg) => arg === '-m' || arg === '--no-mount');
    if (!mounts) mkdirSync(mountpoint);
    const listen = args.includes('-a') ? [] : ['-a', '127.0.0.1:0'];
    const log = join(this.directory, `${id}.log`);
    this.#logs.push(log);
    // Not `ip netns exec`: it would hide the mount in a mount namespace of its own.
    const enter = options.netns ? ['nsenter', `--net=/run/netns/${options.netns}`] : [];
    const name = options.hostname;
    const named = name === undefined ? [] : ['unshare', '--uts', 'sh', '-c', BECOME, name];
    const { resolvConf } = options;
    const resolving =
      resolvConf === undefined ? [] : ['unshare', '--mount', 'sh', '-c', RESOLVE_BY, resolvConf];
    const start = [process.execPath, CIRCUIT, 'start'];
    const [command = '', ...rest] = [...enter, ...named, ...resolving, ...start];
    const child = spawn(
      command,
      [...rest, ...listen, ...(mounts ? [] : ['-m', mountpoint]), ...args],
      {
        stdio: ['ignore', 'pipe', openSync(log, 'a')],
        env: { ...(options.env ?? process.env), ...this.#janitor.mark },
        detached: true,
        ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
    );
    this.#janitor.adopt(child);
    return new TestDaemon(child, mountpoint, log);
  }

  /** Makes a network namespace with loopback up; gives its name. */
  async namespace(): Promise<string> {
    this.#namespaces += 1;
    const name = `${basename(dirname(this.directory))}-${this.#namespaces}`;
    this.#janitor.adoptNamespace(name);
    const made = await this.sh(`ip netns add ${name} && ip -n ${name} link set lo up`);
    if (made.status !== 0) throw new Error(made.stderr);
    return name;
  }

  /** Makes a control group (cgroups(7), version 2); gives its path. */
  controlGroup(): string {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const hierarchy = /^.* (\/\S*) \S+ (?:\S+ )*- cgroup2 /m.exec(mounts)?.[1];
    if (hierarchy === undefined) throw new Error('no control groups of version 2 are mounted');
    this.#controlGroups += 1;
    const name = `${basename(dirname(this.directory))}-${this.#controlGroups}`;
    const path = join(hierarchy, name);
    this.#janitor.adoptControlGroup(path);
    mkdirSync(path);
    return path;
  }

  /** As {@link Janitor.adoptControlGroup}. */
  adoptControlGroup(path: string): void {
    this.#janitor.adoptControlGroup(path);
  }

  /** Runs `circuit` with these arguments. */
  circuit(args: readonly string[], options?: RunOptions): Promise<Result> {
    return this.run([process.execPath, CIRCUIT, ...args], options);
  }

  /** Runs a line of shell; `sh` is dash on Debian. */
  sh(script: string, options?: RunOptions): Promise<Result> {
    return this.run(['sh', '-c', script], options);
  }

  /** Runs a program to its end, and that of its output; kills it, and fails, where it takes too long. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
    const result = this.#run(argv, options);
    // A test that has failed does not await it any more, and ava ends the whole file where a
    // rejection is not handled.
    result.catch(() => {});
    return result;
  }

  async #run(argv: readonly string[], options: RunOptions): Promise<Result> {
    const started = performance.now();
    const child = this.spawn(argv, options);
    const status = exitOf(child).then((value) => ({ value, elapsed: performance.now() - started }));
    const [out, err] = [printedBy(child.stdout), printedBy(child.stderr)];
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
    const limit = options.timeout ?? PATIENCE;
    const ended = Promise.all([status, out.ended, err.ended]);
    const [{ value, elapsed }] = await within(limit, ended, () => {
      // Its children hold its output, too.
      if (child.pid) signalGroup(child.pid, 'SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      return `${argv.join(' ')}: had printed ${JSON.stringify([out.text(), err.text()])}`;
    });
    return { stdout: out.text(), stderr: err.text(), status: value, elapsed };
  }

  /** Starts a program whose end is the test's, or at the latest the janitor's, business. */
  spawn(argv: readonly string[], options: RunOptions = {}): ChildProcess {
    const [command = '', ...args] = argv;
    const child = spawn(command, args, {
      cwd: options.cwd ?? this.directory,
      env: { ...process.env, ...options.env, ...this.#janitor.mark },
      stdio: 'pipe',
      // A process group of its own, which is ended as a whole.
      detached: true,
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    this.#janitor.adopt(child);
    return child;
  }

  /** No warning of Node's is ever in a log: it is of no use to those who read it. */
  #checkLogs(): void {
    for (const log of this.#logs) {
      const warning = /^\(node:\d+\) .*(\n.*){0,2}/m.exec(readFileSync(log, 'utf8'));
      if (warning) throw new Error(`in the log of a daemon: ${warning[0]}`);
    }
  }

  /** A new directory that exists as long as the test. */
  mkdir(name: string, mode = 0o755): string {
    const path = join(this.directory, name);
    mkdirSync(path);
    // Past the umask.
    chmodSync(path, mode);
    return path;
  }
}

/** An unprivileged user: nobody, on Debian. */
export const NOBODY = 65534;

/** What a shell script needs to run `"$NODE" "$CIRCUIT" …`. */
export const CIRCUIT_ENV = { NODE: process.execPath, CIRCUIT };

/** One daemon of a cluster. */
export class TestDaemon {
  /** Resolves to the address when it is printed; fails if the daemon ends before. */
  readonly ready: Promise<string>;
  /** Resolves when the process has ended. */
  readonly ended: Promise<number | NodeJS.Signals>;
  address = '';

  constructor(
    readonly process: ChildProcess,
    readonly mountpoint: string,
    readonly logFile: string,
  ) {
    this.ended = exitOf(process);
    this.ready = this.until(this.#firstLine());
    this.ready.catch(() => {});
  }

  /** Settles as `event` does; fails with the log where the daemon ends first, or it takes too long. */
  until<T>(event: Promise<T>): Promise<T> {
    const gone = this.ended.then((status): never => {
      throw new Error(`the daemon ended (${status}): ${this.log()}`);
    });
    return within(PATIENCE, Promise.race([event, gone]), () => this.log());
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('the daemon was not started');
    return this.process.pid;
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** When its log first had a line like this, in milliseconds since the epoch. */
  loggedAt(line: RegExp): number {
    const found = this.log()
      .split('\n')
      .find((one) => line.test(one));
    if (found === undefined) throw new Error(`there is no line like ${line}: ${this.log()}`);
    return Date.parse(found.split(' ')[0] ?? '');
  }

  /** Ends the daemon and resolves when it has gone. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> {
    this.process.kill(signal);
    return this.ended;
  }

  async #firstLine(): Promise<string> {
    if (!this.process.stdout) throw new Error('the daemon has no standard output');
    for await (const line of createInterface({ input: this.process.stdout })) {
      this.address = line;
      return line;
    }
    throw new Error(`the daemon ended (${await this.ended}): ${this.log()}`);
  }
}

export async function collect(stream: Readable | null): Promise<string> {
  const output = printedBy(stream);
  await output.ended;
  return output.text();
}

/** The output of a program so far, and when it is complete. */
function printedBy(stream: Readable | null) {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
  const ended = stream ? once(stream, 'close') : Promise.resolve([]);
  return { ended, text: () => Buffer.concat(chunks).toString() };
}

/** Settles as `promise` does; fails with a complaint where that takes more than `limit` milliseconds. */
export async function within<T>(
  limit: number,
  promise: Promise<T>,
  complaint: () => string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${limit} ms: ${complaint()}`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    const ended = () => resolve(child.exitCode ?? child.signalCode ?? 0);
    // It may have ended before anybody asked.
    if (child.exitCode !== null || child.signalCode !== null) return ended();
    child.once('error', reject);
    child.once('exit', ended);
  });
}

/**
 * A program that is quick to start and waits for nobody takes less, also where others keep the
 * processors busy; one that waits for a member that does not answer takes 5 s or more. In milliseconds.
 */
export const AT_ONCE = 4_000;

/**
 * How often {@link eventually} looks, in milliseconds: often at first, and then seldom, since each look takes
 * of the processors what the daemons need. So it sees what has happened a tenth later at most.
 */
const LOOK = { least: 10, most: 250, part: 0.1 };

/**
 * Resolves when `condition` holds; fails with what it last saw after `timeout` milliseconds.
 * @param interval Milliseconds between two looks at the least: longer for one that takes much time itself.
 */
export async function eventually<T>(
  look: () => Promise<T>,
  condition: (seen: T) => boolean,
  timeout = PATIENCE,
  interval = LOOK.least,
): Promise<T> {
  const started = performance.now();
  for (;;) {
    const seen = await look();
    if (condition(seen)) return seen;
    const waited = performance.now() - started;
    if (waited > timeout) {
      throw new Error(`not within ${timeout} ms; last seen: ${JSON.stringify(seen)}`);
    }
    await delay(Math.max(interval, Math.min(waited * LOOK.part, LOOK.most)));
  }
}
