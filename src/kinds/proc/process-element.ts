import * as native from '../../../native/index.js';
import { CircuitError, interrupted } from '../../base/error.js';
import { interruptible, within } from '../../base/interruptible.js';
import { parseSignal, signalName } from '../signal.js';
import type { Element } from '../table.js';
import type { ProcessCommand } from './command.js';
import { ProcessGroup } from './group.js';
import { ProcessInput } from './input.js';
import { PipedOutput, type ProcessOutput } from './output.js';
import { RetainedOutput } from './retained.js';
import { type StartedProcess, startProcess } from './start.js';

export type ProcessPhase = 'running' | 'stopped' | 'exited' | 'signaled';

/** The keys are the Go circuit's, and `Pid`. */
export interface ProcessPeek {
  readonly Cmd: ProcessCommand;
  readonly Phase: ProcessPhase;
  readonly Pid: number;
  /** Empty while it runs, then the status, or the signal's name. */
  readonly Exit: string;
}

/** How long a killed group may take to vanish: one of its processes can hang in the kernel for ever. */
const KILLED_MS = 1000;

/** A process: the leader of a session and of a process group of its own. */
export class ProcessElement implements Element {
  readonly command: ProcessCommand;
  readonly pid: number;
  /** Resolves when the process has ended, and {@link exit} tells how. */
  readonly exited: Promise<void>;
  readonly stdin: ProcessInput;
  readonly stdout: ProcessOutput;
  readonly stderr: ProcessOutput;
  readonly #group: ProcessGroup;
  /** As wait(2) has it. */
  #status: number | undefined;

  /**
   * Starts a process. While its directory or program cannot be reached (a dead mount) this
   * waits, blocks nothing else, and can be aborted.
   * @throws CircuitError EINVAL (the command), ENOENT, EACCES, ENOTDIR, EMFILE, EINTR;
   *   nothing is left behind then
   */
  static async start(command: ProcessCommand, signal?: AbortSignal): Promise<ProcessElement> {
    const starting = startProcess(command, signal).then((it) => new ProcessElement(command, it));
    try {
      return await interruptible(starting, signal);
    } catch (error) {
      // It may have started nevertheless.
      const undone = starting.then(
        (element) => element.scrub(),
        () => undefined,
      );
      // A process that hangs in the kernel is not waited for.
      await within(undone, KILLED_MS, interrupted()).catch(() => undefined);
      throw error;
    }
  }

  private constructor(command: ProcessCommand, started: StartedProcess) {
    this.command = command;
    this.pid = started.pid;
    this.#group = new ProcessGroup(started.pid);
    this.stdin = new ProcessInput(started.stdin);
    this.stdout = output(started.stdout, command.Retain);
    this.stderr = output(started.stderr, command.Retain);
    this.exited = this.#watch(started.pidfd);
  }

  /** Whether it runs. */
  get alive(): boolean {
    return this.#status === undefined;
  }

  placed(remove: () => void): void {
    if (this.command.Scrub) this.exited.then(remove);
  }

  get phase(): ProcessPhase {
    if (this.#status === undefined) return native.isStopped(this.pid) ? 'stopped' : 'running';
    return signalOf(this.#status) === 0 ? 'exited' : 'signaled';
  }

  /** Empty while it runs, then the status as text, or the signal's name such as `KILL`. */
  get exit(): string {
    if (this.#status === undefined) return '';
    const signal = signalOf(this.#status);
    return signal === 0 ? String(this.#status >> 8) : signalName(signal);
  }

  peek(): ProcessPeek {
    return { Cmd: this.command, Exit: this.exit, Phase: this.phase, Pid: this.pid };
  }

  /**
   * Signals the process group.
   * @param signal A name (`KILL`, `SIGKILL`) or a number.
   * @throws CircuitError EINVAL (no such signal), ESRCH (the process has ended), EPERM
   */
  signal(signal: string | number): void {
    const number = parseSignal(signal);
    if (this.#status !== undefined) {
      throw new CircuitError('ESRCH', 'the process has ended and cannot be signalled');
    }
    this.#group.signal(number);
  }

  /**
   * Kills the group, also the rest of it after the process has ended. Resolves when it is
   * gone. Readers that have an output open then get the bytes that it still held.
   */
  async scrub(): Promise<void> {
    this.#group.signal('SIGKILL');
    await this.exited;
    await this.#group.gone(KILLED_MS);
    this.#release();
  }

  /** Asks the group to end with TERM, or HUP, and after `graceMs` kills it. */
  async terminate(graceMs: number, signal: 'SIGTERM' | 'SIGHUP' = 'SIGTERM'): Promise<void> {
    this.#group.signal(signal);
    // A process that is stopped learns of it only when it goes on.
    this.#group.signal('SIGCONT');
    if (!(await this.#group.gone(graceMs))) {
      this.#group.signal('SIGKILL');
      await this.#group.gone(KILLED_MS);
    }
    this.#release();
  }

  #release(): void {
    this.stdin.close();
    this.stdout.release();
    this.stderr.release();
  }

  #watch(pidfd: number): Promise<void> {
    return new Promise((resolve) => {
      const watcher = new native.Watcher(pidfd, () => {
        const status = native.reapProcess(this.pid);
        if (status === undefined) return;
        this.#group.leaderGone();
        this.#status = status;
        watcher.close();
        native.close(pidfd);
        this.stdin.close();
        this.stdout.catchUp();
        this.stderr.catchUp();
        resolve();
      });
    });
  }
}

function output(fd: number, retain: number | undefined): ProcessOutput {
  return retain === undefined ? new PipedOutput(fd) : new RetainedOutput(fd, retain);
}

/** WTERMSIG(3); 0 if the process has exited by itself. */
function signalOf(status: number): number {
  return status & 0x7f;
}
