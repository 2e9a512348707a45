import { join } from 'node:path';
import type { HostName } from '../../mount/hosts.js';
import { blocked, program } from '../host/channels.js';
import { type Cluster, eventually } from '../host/cluster.js';
import type { Build } from './build.js';
import { cpuMilliseconds } from './cpu.js';
import { Figures, programArgv } from './figures.js';
import { median } from './median.js';
import { ON_ONE, onOneProcessor } from './one-processor.js';
import { run } from './run.js';

/** How many programs call at once. */
export const AT_ONCE = 8;
/** How many programs wait in a read. */
export const WAITING = 1_000;

/** The cost of a call. */
export interface Cost {
  /** How long it took, in microseconds: the median. */
  readonly time: number;
  /** For how long its server has run, in microseconds of a processor: the mean. */
  readonly cpu: number;
  /** How many calls all programs made in a second. */
  readonly rate: number;
}

let servers = 0;

/** A process that serves the four files of programs/simple-files.ts, and the programs that use them. */
export class SimpleFiles {
  readonly #beside: readonly Figures[];
  readonly #anywhere: readonly Figures[];

  private constructor(
    readonly cluster: Cluster,
    readonly directory: string,
    readonly pid: number,
  ) {
    const caller = programArgv('syscalls.js');
    this.#beside = [Figures.start(cluster, [...ON_ONE, ...caller])];
    this.#anywhere = Array.from({ length: AT_ONCE }, () => Figures.start(cluster, caller));
  }

  /** By a host of a build's mount/. */
  static mount(cluster: Cluster, build: Build, host: HostName): Promise<SimpleFiles> {
    const session = join(build.root, 'dist/mount/session.js');
    return SimpleFiles.#start(cluster, programArgv('simple-files.js', session, host));
  }

  /** By libfuse3-files.c. */
  static async mountLibfuse3(cluster: Cluster): Promise<SimpleFiles> {
    const source = join(import.meta.dirname, '../../../test/bench/programs/libfuse3-files.c');
    const compiled = join(cluster.directory, 'libfuse3-files');
    const script = 'flags=$(pkg-config --cflags --libs fuse3) && cc -O2 -o "$0" "$1" $flags';
    await run(cluster, ['sh', '-c', script, compiled, source]);
    return SimpleFiles.#start(cluster, [compiled]);
  }

  static async #start(cluster: Cluster, argv: readonly string[]): Promise<SimpleFiles> {
    servers += 1;
    const directory = cluster.mkdir(`simple${servers}`);
    const child = cluster.spawn([...argv, directory]);
    await new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve);
      child.once('exit', () => reject(new Error(`${argv.join(' ')} did not mount`)));
      child.stderr?.pipe(process.stderr);
    });
    return new SimpleFiles(cluster, directory, child.pid ?? 0);
  }

  /** One program, on the processor of its server: see programs/syscalls.ts. */
  call(operation: string, file: string): Promise<Cost> {
    const measure = () => this.#calls(this.#beside, operation, file);
    return onOneProcessor(this.cluster, [this.pid], measure);
  }

  /** Many programs, on all processors. */
  callAtOnce(operation: string, file: string): Promise<Cost> {
    return this.#calls(this.#anywhere, operation, file);
  }

  /** While many programs wait in a read of `wait`. */
  async callBesideWaiting(operation: string, file: string): Promise<Cost> {
    const start = `i=0; while [ $i -lt ${WAITING} ]; do cat wait & echo $!; i=$((i + 1)); done`;
    const argv = ['sh', '-c', `${start}; wait`];
    const shell = program(this.cluster.spawn(argv, { cwd: this.directory }));
    const pids = await eventually(
      async () => shell.seen().split('\n').slice(0, -1).map(Number),
      ({ length }) => length === WAITING,
    );
    for (const pid of pids) await blocked({ pid });
    try {
      return await this.call(operation, file);
    } finally {
      for (const pid of pids) process.kill(pid);
      await shell.status;
    }
  }

  async #calls(callers: readonly Figures[], operation: string, file: string): Promise<Cost> {
    const ask = (figure: string) => {
      return Promise.all(callers.map((caller) => caller.ask(figure, join(this.directory, file))));
    };
    await ask('calls');
    const [startedAt, cpuBefore] = [performance.now(), cpuMilliseconds(this)];
    const times = await ask(operation);
    const [elapsed, cpu] = [performance.now() - startedAt, cpuMilliseconds(this) - cpuBefore];
    const calls = (await ask('calls')).reduce((sum, count) => sum + count, 0);
    return { time: median(times), cpu: (cpu * 1000) / calls, rate: calls / (elapsed / 1000) };
  }
}
