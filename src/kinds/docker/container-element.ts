import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CircuitError } from '../../base/error.js';
import { within } from '../../base/interruptible.js';
import { parseSignal } from '../signal.js';
import type { Element } from '../table.js';
import { asksForLxc, type ContainerCommand } from './command.js';
import { type Engine, EngineError } from './engine.js';
import { indentedJson } from './indented-json.js';
import { ContainerInput } from './input.js';
import { type Inspection, parseInspection } from './inspection.js';
import { ContainerOutput } from './output.js';
import { ProcessWatch } from './process-watch.js';

/**
 * `oom`: it was killed because it, or a process in it, had no more memory. `removed`: somebody else has removed it from the
 * engine.
 */
export type ContainerPhase = 'running' | 'paused' | 'exited' | 'oom' | 'removed';

/** How long the engine may take to send what was left of the output of a container that is removed. */
const LAST_OUTPUT_MS = 1000;
/** How long after the end of a stream the engine may take to tell why. */
const EXIT_LATE_MS = 300;
/** How long after its removal the engine may take to tell how a container ended. */
const TOLD_MS = 100;
/** An output of which nothing came for so long had been read to its end. */
const FLOWING_MS = 500;
/** How long after KILL a container may take to end. */
const KILLED_MS = 1000;
/** The exit status of a program that SIGKILL ended: the kernel sends it where memory is short. */
const KILLED = 137;

export const LXC_NOTE = '"Lxc" has no effect: no engine has LXC any more';

/** A container of the member's engine. */
export class ContainerElement implements Element {
  readonly command: ContainerCommand;
  readonly id: string;
  readonly name: string;
  readonly stdin: ContainerInput;
  readonly stdout: ContainerOutput;
  readonly stderr: ContainerOutput;
  /** Resolves when the container has ended, and {@link exit} tells how. */
  readonly exited: Promise<void>;
  readonly #engine: Engine;
  readonly #process: ProcessWatch;
  readonly #forget: () => void;
  #resolveExited: () => void = () => {};
  #exit: string | undefined;
  #started = false;
  #dying = false;
  #paused = false;
  #outOfMemory = false;
  #removed = false;
  #released = false;
  #lastInspection: string | undefined;

  /** @param forget Called when it is scrubbed, or abandoned. */
  constructor(parts: {
    readonly engine: Engine;
    readonly id: string;
    readonly name: string;
    readonly command: ContainerCommand;
    readonly forget: () => void;
  }) {
    const { engine, id, name, command, forget } = parts;
    this.#engine = engine;
    this.id = id;
    this.name = name;
    this.command = command;
    this.#forget = forget;
    this.#process = new ProcessWatch({ pid: () => this.pid(), ended: () => this.#catchUp() });
    this.stdin = new ContainerInput(engine, id);
    this.stdout = new ContainerOutput(!command.Tty);
    this.stderr = new ContainerOutput(!command.Tty);
    // A terminal has one output.
    if (command.Tty) this.stderr.end();
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
  }

  /** Whether it runs. */
  get alive(): boolean {
    return this.#exit === undefined;
  }

  placed(remove: () => void): void {
    // Those that wait for its end are to get the engine's last word.
    if (this.command.Scrub) {
      this.ending().then(remove);
    }
  }

  get phase(): ContainerPhase {
    if (this.#removed) return 'removed';
    if (this.#exit === undefined) return this.#paused ? 'paused' : 'running';
    return this.#outOfMemory && this.#exit === String(KILLED) ? 'oom' : 'exited';
  }

  /** Empty while it runs, then the status as text; `unknown` if nobody saw it end. */
  get exit(): string {
    return this.#exit ?? '';
  }

  /** The id of its first process on the host; 0 when that has ended. */
  async pid(): Promise<number> {
    if (!this.alive) return 0;
    return (await this.#inspect()).State.Pid;
  }

  /** The engine's inspection as JSON, with our `Phase` and `Exit` before it. */
  async peek(): Promise<string> {
    if (!this.#removed) {
      try {
        await this.#inspect();
      } catch (error) {
        // The facts that are known of its end are shown, also where the engine has ended with it.
        if (this.alive && !isGone(error)) throw error;
      }
    }
    return this.#lastWord();
  }

  /** As {@link peek}, when it has ended. */
  async ending(): Promise<string> {
    await this.exited;
    return await this.peek();
  }

  #lastWord(): string {
    const note = asksForLxc(this.command) ? { Note: LXC_NOTE } : {};
    const ours = JSON.stringify({ Phase: this.phase, Exit: this.exit, ...note });
    const { Image } = this.command;
    const theirs =
      this.#lastInspection ??
      JSON.stringify({ Id: this.id, Name: `/${this.name}`, Config: { Image } });
    return indentedJson(`${ours.slice(0, -1)},${theirs.trim().slice(1)}`);
  }

  /** The engine's statistics as JSON: one sample. */
  async stats(): Promise<string> {
    const path = `/containers/${this.id}/stats?stream=false&one-shot=true`;
    return indentedJson(await this.#engine.ask('GET', path));
  }

  /**
   * Signals its first process.
   * @param signal A name (`KILL`, `SIGKILL`) or a number.
   * @throws CircuitError EINVAL (no such signal), ESRCH (the container has ended)
   */
  async signal(signal: string | number): Promise<void> {
    const number = parseSignal(signal);
    try {
      if (this.#exit !== undefined) throw ended();
      await this.#kill(number);
    } catch (error) {
      // 409: it is not running, and the event that tells so is on its way.
      throw error instanceof EngineError && [404, 409].includes(error.status) ? ended() : error;
    }
  }

  /**
   * Kills it and removes it from the engine, with its anonymous volumes. Readers that have an output
   * open then get the bytes that were left.
   * @throws EngineError; CircuitError ETIMEDOUT, ENOENT or ECONNREFUSED: the engine; it is an element still
   */
  async scrub(): Promise<void> {
    // One that does not answer has killed nothing, and the container goes on as it was.
    await this.#engine.checkAnswers();
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#catchUp();
    try {
      await this.#remove();
    } catch (error) {
      for (const output of [this.stdout, this.stderr]) if (!this.#dying) output.holdBack();
      throw error;
    }
    // The engine has told before how it ended, on another connection.
    if (this.alive) await Promise.race([this.exited, delay(TOLD_MS, undefined, { ref: false })]);
    this.#removed = true;
    this.#forget();
    await this.#died(KILLED);
    const cut = Promise.all([this.stdout.whenCut(), this.stderr.whenCut()]);
    await within(cut, LAST_OUTPUT_MS, new Error('late')).catch(() => {});
    this.release();
  }

  /** Asks it to end with TERM, or HUP, and after `graceMs` kills it; then removes it from the engine. */
  async terminate(graceMs: number, signal: 'SIGTERM' | 'SIGHUP' = 'SIGTERM'): Promise<void> {
    if (this.alive) {
      // The time runs also where the engine does not answer.
      void this.#askToEnd(parseSignal(signal));
      await Promise.race([this.exited, delay(graceMs, undefined, { ref: false })]);
    }
    // The daemon will not be there to ask again: an engine that hangs is to remove it when it goes on.
    await Promise.all([this.#end(), this.#engine.checkAnswers()]);
  }

  async #askToEnd(signal: number): Promise<void> {
    await this.#kill(signal).catch(() => {});
    // One that is paused learns of it only when it goes on.
    if (this.#paused) await this.#post('unpause').catch(() => {});
  }

  /** Attaches to its outputs; before its start, so that none is lost. */
  async attach(): Promise<void> {
    if (this.command.Tty) return await this.#attachOutput(this.stdout, 'stdout=1&stderr=1');
    await Promise.all([
      this.#attachOutput(this.stdout, 'stdout=1'),
      this.#attachOutput(this.stderr, 'stderr=1'),
    ]);
  }

  /** It has been started: from now on it has ended where the engine says that it does not run. */
  started(): void {
    this.#started = true;
  }

  /** The engine told of it. */
  on(action: string, exitCode: number | undefined): void {
    if (action === 'die') void this.#died(exitCode);
    else if (action === 'oom') this.#outOfMemory = true;
    else if (action === 'pause') this.#paused = true;
    else if (action === 'unpause') this.#paused = false;
    else if (action === 'destroy') this.gone();
  }

  /** It is not in the engine any more. */
  gone(): void {
    this.#removed = true;
    void this.#died(undefined);
  }

  /**
   * Compares with the engine after nobody has told for a time, and attaches again.
   * @param torn Whether the engine was away: an output that it had ended may not be whole then.
   * @throws EngineError
   */
  async compare(torn: boolean): Promise<void> {
    if (!this.#started || !this.alive) return;
    const { State } = this.#inspected(
      await this.#engine.request('GET', `/containers/${this.id}/json`),
    );
    this.#paused = State.Paused;
    if (!State.Running) await this.#died(State.ExitCode, torn);
    else if (!this.stdout.attached || !this.stderr.attached) await this.attach();
  }

  /** Looks whether its process has ended, which the engine tells late. */
  async look(): Promise<void> {
    if (this.#started && !this.#dying) await this.#process.look();
  }

  #catchUp(): void {
    this.stdout.catchUp();
    this.stderr.catchUp();
  }

  /** It is no element any more, and its container stays as it is. */
  abandon(): void {
    this.#forget();
    this.release();
  }

  /** Closes its connections, and leaves the container as it is. */
  release(): void {
    this.#released = true;
    this.stdin.close();
    this.stdout.end();
    this.stderr.end();
  }

  async #attachOutput(output: ContainerOutput, query: string): Promise<void> {
    if (output.attached || output.complete) return;
    const socket: Socket = await this.#engine.attach(this.id, query);
    if (this.#released) return void socket.destroy();
    output.attach(socket, () => void this.#cut(output));
  }

  /** The engine has ended an output: because the container has ended, or because it ends itself. */
  async #cut(output: ContainerOutput): Promise<void> {
    if (this.alive) {
      await Promise.race([this.exited, delay(EXIT_LATE_MS, undefined, { ref: false })]);
      // Where the engine does not answer, it is asked again when it is back.
      if (this.alive) await this.compare(false).catch((error) => isGone(error) && this.gone());
    }
    if (!this.alive) output.end();
  }

  async #died(exitCode: number | undefined, torn = false): Promise<void> {
    if (this.#dying) return;
    this.#dying = true;
    this.stdin.close();
    for (const output of [this.stdout, this.stderr]) {
      if (torn && !output.attached) output.tear();
      if (this.#process.isCutOff && output.isFlowing(FLOWING_MS)) output.tear();
      if (output.attached) output.catchUp();
      else output.end();
    }
    if (exitCode === KILLED && !this.#removed) await this.#inspect().catch(() => undefined);
    this.#exit = exitCode === undefined ? 'unknown' : String(exitCode);
    this.#resolveExited();
  }

  async #inspect(): Promise<Inspection> {
    return this.#inspected(await this.#engine.ask('GET', `/containers/${this.id}/json`));
  }

  #inspected(text: string): Inspection {
    this.#lastInspection = text;
    const inspection = parseInspection(text);
    // The engine's own note is of its first process alone.
    this.#outOfMemory ||= inspection.State.OOMKilled;
    return inspection;
  }

  async #kill(signal: number): Promise<void> {
    await this.#post(`kill?signal=${signal}`);
  }

  async #post(path: string): Promise<void> {
    await this.#engine.ask('POST', `/containers/${this.id}/${path}`);
  }

  async #remove(): Promise<void> {
    const deadline = performance.now() + KILLED_MS;
    for (;;) {
      try {
        return await this.#engine.remove(this.id);
      } catch (error) {
        if (isGone(error)) return;
        // 409: its removal is in progress already, or it could not be killed yet.
        const again = error instanceof EngineError && error.status === 409;
        if (!again || performance.now() >= deadline) throw error;
        await delay(50);
      }
    }
  }
}

function ended(): CircuitError {
  return new CircuitError('ESRCH', 'the container has ended and cannot be signalled');
}

/** Whether the engine has no such container. */
export function isGone(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}
