/** Real mounts and real programs. Programs never block the event loop, which serves their requests. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Directory } from '../../mount/node.js';
import { Session, type SessionOptions } from '../../mount/session.js';
import { Janitor } from '../janitor.js';

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Program {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  #stdout = '';
  #stderr = '';
  #printed: () => void = () => undefined;

  constructor(
    t: ExecutionContext,
    command: string,
    args: readonly string[],
    options: SpawnOptions,
  ) {
    // Never with a working directory in a mount of ours: spawn waits for chdir(2).
    this.child = spawn(command, args, { stdio: 'pipe', cwd: '/', ...options });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#printed();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.outcome = once(this.child, 'close').then(([status, signal]) => ({
      status,
      signal,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
    t.teardown(() => this.child.kill('SIGKILL'));
  }

  /** Waits until the program has printed this. */
  async printed(text: string): Promise<void> {
    const ended = this.outcome.then((outcome) => {
      throw new Error(`it ended before it printed ${text}: ${JSON.stringify(outcome)}`);
    });
    ended.catch(() => undefined);
    while (!this.#stdout.includes(text)) {
      const more = new Promise<void>((resolve) => {
        this.#printed = resolve;
      });
      await Promise.race([more, ended]);
    }
  }
}

/** A shell script; `$1` and so on are the arguments. */
export function shell(t: ExecutionContext, script: string, ...args: readonly string[]): Program {
  return new Program(t, 'sh', ['-c', script, 'sh', ...args], {});
}

/** Runs a shell script to its end. */
export function run(t: ExecutionContext, script: string, ...args: readonly string[]) {
  return shell(t, script, ...args).outcome;
}

/** A Python program; its arguments are in sys.argv[1:]. */
export function python(t: ExecutionContext, text: string, ...args: readonly string[]): Program {
  return new Program(t, 'python3', ['-u', '-c', text, ...args], {});
}

/** An empty directory; after the test it is unmounted and removed, however the test ends. */
export async function emptyDirectory(t: ExecutionContext): Promise<string> {
  const directory = join(new Janitor(t).directory, 'mnt');
  await mkdir(directory);
  return directory;
}

export interface Mounted {
  readonly session: Session;
  readonly directory: string;
  /** The errors that the session reported. */
  readonly errors: unknown[];
}

export async function mount(
  t: ExecutionContext,
  root: Directory,
  options: Partial<SessionOptions> = {},
): Promise<Mounted> {
  const directory = await emptyDirectory(t);
  const errors: unknown[] = [];
  const session = await Session.mount(root, directory, {
    fsname: 'toy,fs',
    subtype: 'circuittest',
    onError: (error) => errors.push(error),
    ...options,
  });
  t.teardown(() => session.unmount());
  return { session, directory, errors };
}
