import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, type Result, type RunOptions, TestDaemon } from '../host/cluster.js';
import type { Build } from './build.js';
import { Figures, programArgv } from './figures.js';
import { ON_ONE, onOneProcessor } from './one-processor.js';
import { run } from './run.js';

let daemons = 0;

/** Three joined and mounted daemons of one build, and the programs that use them. */
export class Circuit {
  /** The member whose elements are measured. */
  readonly name: string;
  readonly #programs = new Map<string, Figures>();

  private constructor(
    readonly cluster: Cluster,
    readonly build: Build,
    readonly daemons: readonly [host: TestDaemon, neighbour: TestDaemon, third: TestDaemon],
  ) {
    this.name = readlinkSync(join(this.host.mountpoint, '.self'));
  }

  static async start(cluster: Cluster, build: Build): Promise<Circuit> {
    const host = await startDaemon(cluster, build);
    const neighbour = await startDaemon(cluster, build, '-j', host.address);
    const third = await startDaemon(cluster, build, '-j', host.address);
    return new Circuit(cluster, build, [host, neighbour, third]);
  }

  get host(): TestDaemon {
    return this.daemons[0];
  }

  /** The directory of the host's member in the host's own mount. */
  get own(): string {
    return join(this.host.mountpoint, this.name);
  }

  /** The same directory in the mount of another member. */
  get other(): string {
    return join(this.daemons[1].mountpoint, this.name);
  }

  /** Measures by the build's library: see programs/library.ts. */
  library(figure: string): Promise<number> {
    const [host, neighbour] = this.daemons;
    const args = [this.build.library, this.name, host.address, neighbour.address];
    return this.#program('library', programArgv('library.js', ...args)).ask(figure);
  }

  /** Measures a system call on a path, on one processor, in microseconds: see programs/syscalls.ts. */
  syscall(operation: string, path: string): Promise<number> {
    const program = this.#program('syscalls', [...ON_ONE, ...programArgv('syscalls.js')]);
    return this.onOneProcessor(() => program.ask(operation, path));
  }

  /** Sends or receives messages through a file, at a rate: see programs/file-messages.ts. */
  messages(verb: 'send' | 'recv', file: string): Promise<number> {
    return this.#program(verb, programArgv('file-messages.js')).ask(verb, file);
  }

  /** Keeps the daemons on one processor while `measure` runs. */
  onOneProcessor<T>(measure: () => Promise<T>): Promise<T> {
    const pids = this.daemons.map(({ pid }) => pid);
    return onOneProcessor(this.cluster, pids, measure);
  }

  /** Starts one more daemon of this build, alone unless `args` say otherwise. */
  start(...args: readonly string[]): Promise<TestDaemon> {
    return startDaemon(this.cluster, this.build, ...args);
  }

  /** The same; the caller waits for it to be ready. */
  launch(args: readonly string[], options?: RunOptions): TestDaemon {
    return launchDaemon(this.cluster, this.build, args, options);
  }

  /** Runs `circuit` with these arguments. */
  command(...args: readonly string[]): Promise<Result> {
    return run(this.cluster, [process.execPath, this.build.command, ...args]);
  }

  /** Runs a line of shell in the host's member, as the given mount shows it. */
  sh(where: Where, script: string, options: RunOptions = {}): Promise<Result> {
    return run(this.cluster, ['sh', '-c', script], { ...options, cwd: this[where] });
  }

  /** Starts a program when it is first needed. */
  #program(name: string, argv: readonly string[]): Figures {
    const running = this.#programs.get(name) ?? Figures.start(this.cluster, argv);
    this.#programs.set(name, running);
    return running;
  }
}

/** Through which mount the host's member is used: its own, or that of another member. */
export type Where = 'own' | 'other';

async function startDaemon(
  cluster: Cluster,
  build: Build,
  ...args: readonly string[]
): Promise<TestDaemon> {
  const daemon = launchDaemon(cluster, build, args);
  await daemon.ready;
  return daemon;
}

function launchDaemon(
  cluster: Cluster,
  build: Build,
  args: readonly string[],
  { netns }: RunOptions = {},
): TestDaemon {
  daemons += 1;
  const id = `daemon${daemons}`;
  const log = join(cluster.directory, `${id}.log`);
  const mountpoint = args.includes('--no-mount') ? '' : cluster.mkdir(id);
  const child = cluster.spawn([
    ...(netns ? ['nsenter', `--net=/run/netns/${netns}`] : []),
    'sh',
    '-c',
    'exec "$@" 2>> "$0"',
    log,
    process.execPath,
    build.command,
    'start',
    ...(args.includes('-a') ? [] : ['-a', '127.0.0.1:0']),
    ...(mountpoint ? ['-m', mountpoint] : []),
    ...args,
  ]);
  return new TestDaemon(child, mountpoint, log);
}
