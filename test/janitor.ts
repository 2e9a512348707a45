import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { errorCode } from '../src/base/error.js';

const SCRIPT = join(import.meta.dirname, '../../test/janitor.sh');

// ava has been killed: nobody would hear of these tests, nor end one that waits. ava replaces
// process.exit(), and would have it reported.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

/**
 * A temporary directory, and what a test sets up in and beside it. A process of
 * its own takes it all down after the test, and also when the test is
 * interrupted or killed: see janitor.sh.
 */
export class Janitor {
  /** Absolute, without symbolic links; other users may enter it. */
  readonly directory: string;
  /**
   * The variable by which the janitor finds all programs of the test. Its name does not begin with
   * CIRCUIT: a daemon gives such a variable to none of its processes (src/kinds/proc/inheritance.ts).
   */
  readonly mark: Readonly<Record<string, string>>;
  readonly #notes: string;
  readonly #process: ChildProcess;

  constructor(t: Pick<ExecutionContext, 'teardown'>) {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'circuit-test-')));
    this.mark = { TEST_OF: base };
    this.#notes = join(base, 'notes');
    this.directory = join(base, 'files');
    chmodSync(base, 0o711);
    mkdirSync(join(this.#notes, 'pids'), { recursive: true });
    mkdirSync(join(this.#notes, 'netns'));
    mkdirSync(join(this.#notes, 'cgroups'));
    mkdirSync(this.directory);
    // As a process group of its own it does not get the terminal's Ctrl-C, and without the mark
    // of a test that runs this one, no end by that one's janitor before it has done its work.
    this.#process = spawn('sh', [SCRIPT, base], {
      detached: true,
      env: { ...process.env, TEST_OF: undefined },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    t.teardown(() => this.#finish());
  }

  /** Notes a process that is to be ended, with the process group that it leads. */
  adopt(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    const note = join(this.#notes, 'pids', String(pid));
    writeFileSync(note, '');
    child.once('exit', () => {
      // Programs that it left in the background are still to be ended.
      if (!signalGroup(pid, 0)) rmSync(note, { force: true });
    });
  }

  /** Where a script can note processes of its own: as an empty file named by the process id. */
  get pids(): string {
    return join(this.#notes, 'pids');
  }

  /** Notes a network namespace that is to be removed; the caller makes it. */
  adoptNamespace(name: string): void {
    writeFileSync(join(this.#notes, 'netns', name), '');
  }

  /** Notes a control group that is to be removed, with its processes; the caller makes it. */
  adoptControlGroup(path: string): void {
    writeFileSync(join(this.#notes, 'cgroups', path.replaceAll('/', '\\')), `${path}\n`);
  }

  #finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.stdin?.end();
    });
  }
}

/** Signals a process group, 0 being none; false where it has no process any more. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}
