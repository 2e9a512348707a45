import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Cluster, within } from '../host/cluster.js';

const SOURCES = join(import.meta.dirname, '../../../test/conformance');
const PROGRAM = ['prelude.py', 'interpreter.py']
  .map((name) => readFileSync(join(SOURCES, name), 'utf8'))
  .join('');

/** So long a script may take, in milliseconds: less than a case, so that what it printed is told. */
const SCRIPT_LIMIT_MS = 55_000;

export interface Script {
  readonly text: string;
  readonly cwd: string;
  /** Has ROOT, MEMBER and OUT. */
  readonly env: Readonly<Record<string, string>>;
  /** A file for its output and its error output. */
  readonly printed: string;
}

export interface Outcome {
  /** The exit status, or minus the number of the signal that ended it. */
  readonly status: number;
  readonly printed: string;
}

/**
 * One interpreter of Python for many scripts, each of which runs in a fork of it, at the same time as
 * others: to start an interpreter takes more of the processors than most scripts do.
 */
export class Interpreter {
  readonly #child: ChildProcess;
  readonly #running = new Map<number, (status: number) => void>();
  readonly #ended: Promise<never>;
  #scripts = 0;

  /** @param python The interpreter's path; without the site's modules it starts in a third of the time. */
  constructor(cluster: Cluster, python: string) {
    this.#child = cluster.spawn([python, '-I', '-S', '-c', PROGRAM], { cwd: '/' });
    this.#ended = this.#answers();
    this.#ended.catch(() => {});
    this.#child.stdin?.on('error', () => {});
  }

  async run({ text: script, printed, ...where }: Script): Promise<Outcome> {
    this.#scripts += 1;
    const number = this.#scripts;
    const answer = new Promise<number>((resolve) => this.#running.set(number, resolve));
    this.#child.stdin?.write(`${JSON.stringify({ number, script, printed, ...where })}\n`);
    const output = () => (existsSync(printed) ? readFileSync(printed, 'utf8') : '');
    const status = await within(SCRIPT_LIMIT_MS, Promise.race([answer, this.#ended]), output);
    return { status, printed: output() };
  }

  /** Hands on the answers; fails when there are no more. */
  async #answers(): Promise<never> {
    const { stdout, stderr } = this.#child;
    if (!stdout) throw new Error('the interpreter has no output');
    let errors = '';
    stderr?.on('data', (chunk) => {
      errors += chunk;
    });
    for await (const line of createInterface({ input: stdout })) {
      const [number, status] = line.split(' ').map(Number);
      if (number === undefined || status === undefined) throw new Error(`it answered ${line}`);
      this.#running.get(number)?.(status);
      this.#running.delete(number);
    }
    throw new Error(`the interpreter has ended: ${errors}`);
  }
}
