import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import {
  Cluster,
  collect,
  eventually,
  exitOf,
  PATIENCE,
  type Result,
  type TestDaemon,
  within,
} from './cluster.js';

/** The first member as one of the daemons shows it. */
export interface View {
  readonly name: 'local' | 'remote';
  /** The first member's directory in the mount of this view's daemon. */
  readonly directory: string;
  /** Runs a line of shell in it, for a minute at most if no other time is given, in milliseconds. */
  sh(script: string, timeout?: number): Promise<Result>;
  /** Starts a program in it. */
  spawn(...argv: string[]): Program;
}

/** A program that runs in a view. */
export interface Program {
  readonly pid: number;
  readonly process: ChildProcess;
  /** All that it prints. */
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;
  readonly status: Promise<number | NodeJS.Signals>;
  /** The output so far, errors included. */
  seen(): string;
  /** Resolves when it has printed `text`, also as an error. */
  printed(text: string): Promise<void>;
}

/** `count` joined daemons: the first has the channels, and the views are its own and the others'. */
export async function channelViews(t: ExecutionContext, count = 2) {
  const cluster = new Cluster(t);
  const owner = await cluster.start();
  const others: TestDaemon[] = [];
  for (let i = 1; i < count; i += 1) others.push(await cluster.start('-j', owner.address));
  return { cluster, owner, others, ...(await viewsOf(cluster, owner, others)) };
}

/** The same, with a channel `c` of capacity 0. */
export async function rendezvousViews(t: ExecutionContext, count = 2) {
  const views = await channelViews(t, count);
  await views.local.sh('mkdir c && echo 0 > c/mkchan');
  return views;
}

/** The views of `owner`'s directory that it and the others have, when all see it. */
export async function viewsOf(cluster: Cluster, owner: TestDaemon, others: readonly TestDaemon[]) {
  const name = (await cluster.sh(`readlink ${owner.mountpoint}/.self`)).stdout.trim();
  for (const other of others) {
    await eventually(
      () => cluster.sh(`ls ${other.mountpoint}/${name}/peek`),
      ({ status }) => status === 0,
    );
  }
  const viewOf = (daemon: TestDaemon): View => {
    const directory = join(daemon.mountpoint, name);
    return {
      name: daemon === owner ? 'local' : 'remote',
      directory,
      sh: (script, timeout = PATIENCE) => cluster.sh(script, { cwd: directory, timeout }),
      spawn: (...argv) => program(cluster.spawn(argv, { cwd: directory })),
    };
  };
  const local = viewOf(owner);
  const remotes = others.map(viewOf);
  const [remote = local] = remotes;
  return { name, local, remote, remotes };
}

export function program(process: ChildProcess): Program {
  const { pid = 0, stdout, stderr } = process;
  let printed = '';
  for (const stream of [stdout, stderr]) {
    stream?.on('data', (data) => {
      printed += data;
    });
  }
  return {
    pid,
    process,
    stdout: collect(stdout),
    stderr: collect(stderr),
    status: exitOf(process),
    seen: () => printed,
    printed: async (text) => {
      await eventually(
        async () => printed,
        (seen) => seen.includes(text),
      );
    },
  };
}

/** Ends a program that waits for what does not come by a signal, and fails if that does not end it. */
export async function endsBy(program: Program, signal: NodeJS.Signals): Promise<void> {
  program.process.kill(signal);
  const status = await within(PATIENCE, program.status, () => program.seen());
  if (status !== signal) throw new Error(`${signal} ended it with ${status}`);
}

/** The numbers of read(2) and write(2), by machine. */
const READ_OR_WRITE = process.arch === 'x64' ? ['0', '1'] : ['63', '64'];

/** Resolves when a program, or what it has become by exec, waits in a read or write of the mount. */
export async function blocked({ pid }: Pick<Program, 'pid'>): Promise<void> {
  await eventually(
    async () => [
      readFileSync(`/proc/${pid}/wchan`, 'utf8'),
      readFileSync(`/proc/${pid}/syscall`, 'utf8').split(' ')[0] ?? '',
    ],
    ([where = '', call = '']) => /^(fuse|request_wait)/.test(where) && READ_OR_WRITE.includes(call),
  );
}

/** Starts a Python program to which signals come: Python calls again what they interrupt (PEP 475). */
export function alarmed(view: View, run: string): Program {
  const script = `
import os, signal
signal.signal(signal.SIGALRM, lambda *_: print('interrupted', flush=True))
${run}`;
  return view.spawn('python3', '-c', script);
}
