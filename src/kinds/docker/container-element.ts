import { setTimeout as delay } from 'node:timers/promises';
import { CircuitError } from '../../base/error.js';
import { parseSignal } from '../signal.js';
import type { Element } from '../table.js';
import type { ContainerCommand } from './command.js';
import { ContainerLife, type ContainerPhase, KILLED } from './container-life.js';
import { type Engine, EngineError } from './engine.js';
import { EngineContainer, isGone } from './engine-container.js';
import { indentedJson } from './indented-json.js';
import { ContainerInput } from './input.js';
import { ContainerInspector } from './inspector.js';
import type { LeftOutput } from './left-output.js';
import type { ContainerOutput } from './output.js';
import { ContainerOutputs } from './outputs.js';
import { ProcessWatch } from './process-watch.js';

/** How long after the end of a stream the engine may take to tell why. */
const EXIT_LATE_MS = 300;
/** How long after its removal the engine may take to tell how a container ended. */
const TOLD_MS = 100;
/** How long the engine may wait for us while it removes a container of which no more output may be held. */
const REMOVAL_MS = 1000;

/** A container of the member's engine. */
export class ContainerElement implements Element {
  readonly command: ContainerCommand;
  readonly id: string;
  readonly name: string;
  readonly stdin: ContainerInput;
  readonly #outputs: ContainerOutputs;
  readonly #container: EngineContainer;
  readonly #life = new ContainerLife();
  readonly #process: ProcessWatch;
  readonly #forget: () => void;
  readonly #inspector: ContainerInspector;

  constructor(parts: {
    readonly engine: Engine;
    readonly id: string;
    readonly name: string;
    readonly command: ContainerCommand;
    readonly left: LeftOutput;
    /** Called when it is scrubbed, or abandoned. */
    readonly forget: () => void;
  }) {
    const { engine, id, name, command, left, forget } = parts;
    this.#container = new EngineContainer(engine, id);
    this.id = id;
    this.name = name;
    this.command = command;
    this.#forget = forget;
    this.#inspector = new ContainerInspector(this, this.#container, this.#life);
    this.#process = new ProcessWatch({
      pid: () => this.pid(),
      mayHaveEnded: () => this.#outputs.drain(),
      runs: () => this.#outputs.stopDraining(),
    });
    this.stdin = new ContainerInput(engine, id);
    this.#outputs = new ContainerOutputs(command, left);
  }

  get stdout(): ContainerOutput {
    return this.#outputs.stdout;
  }

  get stderr(): ContainerOutput {
    return this.#outputs.stderr;
  }

  /** Resolves when the container has ended, and {@link exit} tells how. */
  get exited(): Promise<void> {
    return this.#life.exited;
  }

  /** Whether it runs. */
  get alive(): boolean {
    return this.#life.alive;
  }

  placed(remove: () => void): void {
    // Those that wait for its end are to get the engine's last word.
    if (this.command.Scrub) {
      this.ending().then(remove);
    }
  }

  get phase(): ContainerPhase {
    return this.#life.phase;
  }

  /** Empty while it runs, then the status as text; `unknown` if nobody saw it end. */
  get exit(): string {
    return this.#life.exit;
  }

  /** The id of its first process on the host; 0 when that has ended. */
  async pid(): Promise<number> {
    if (!this.alive) return 0;
    return (await this.#inspector.inspect()).State.Pid;
  }

  /** The engine's inspection as JSON, with our `Phase` and `Exit` before it. */
  async peek(): Promise<string> {
    return await this.#inspector.peek();
  }

  /** As {@link peek}, when it has ended. */
  async ending(): Promise<string> {
    await this.exited;
    return await this.peek();
  }

  /** The engine's statistics as JSON: one sample. */
  async stats(): Promise<string> {
    return indentedJson(await this.#container.stats());
  }

  /**
   * Signals its first process.
   * @param signal A name (`KILL`, `SIGKILL`) or a number.
   * @throws CircuitError EINVAL (no such signal), ESRCH (the container has ended)
   */
  async signal(signal: string | number): Promise<void> {
    const number = parseSignal(signal);
    try {
      if (!this.alive) throw ended();
      await this.#container.kill(number);
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
    await this.#container.checkEngine();
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#outputs.drain();
    const late = setTimeout(() => this.#outputs.giveUp(), REMOVAL_MS);
    try {
      await this.#container.remove();
    } catch (error) {
      if (this.#life.runs) this.#outputs.stopDraining();
      throw error;
    } finally {
      clearTimeout(late);
    }
    // The engine has told before how it ended, on another connection.
    if (this.alive) await Promise.race([this.exited, delay(TOLD_MS, undefined, { ref: false })]);
    this.#forget();
    this.#life.remove(KILLED);
    this.#closeStreams();
    await this.#outputs.whenFinished();
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
    await Promise.all([this.#end(), this.#container.checkEngine()]);
  }

  async #askToEnd(signal: number): Promise<void> {
    await this.#container.kill(signal).catch(() => {});
    // One that is paused learns of it only when it goes on.
    if (this.phase === 'paused') await this.#container.unpause().catch(() => {});
  }

  /** Attaches to its outputs; before its start, so that none is lost. */
  async attach(): Promise<void> {
    await this.#outputs.attach(
      (query) => this.#container.attach(query),
      (output) => void this.#disconnected(output),
    );
  }

  /** It has been started: from now on it has ended where the engine says that it does not run. */
  started(): void {
    this.#life.start();
  }

  /** The engine told of it. */
  on(action: string, exitCode: number | undefined): void {
    if (action === 'die') void this.#ended(exitCode);
    else if (action === 'oom') this.#life.runOutOfMemory();
    else if (action === 'pause') this.#life.pause(true);
    else if (action === 'unpause') this.#life.pause(false);
    else if (action === 'destroy') this.gone();
  }

  /** It is not in the engine any more. */
  gone(): void {
    this.#life.remove(undefined);
    this.#closeStreams();
  }

  /** The engine has gone. */
  engineLost(): void {
    this.stdin.engineLost();
    this.#outputs.breakOff();
  }

  /**
   * Learns from the engine how it is, after nobody has told for a time, and attaches again.
   * @throws EngineError
   */
  async reconcile(): Promise<void> {
    if (!this.#life.runs) return;
    const { State } = await this.#inspector.inspectPatiently();
    this.#life.pause(State.Paused);
    if (State.Running) await this.attach();
    else await this.#ended(State.ExitCode);
  }

  /** Looks whether its process has ended, which the engine tells late. */
  async probe(): Promise<void> {
    if (!this.#life.runs) return;
    await this.#process.probe();
    if (this.#process.isHeldUp) this.#outputs.giveUp();
  }

  /** It is no element any more, and its container stays as it is. */
  abandon(): void {
    this.#forget();
    this.release();
  }

  /** Closes its connections, and leaves the container as it is. */
  release(): void {
    this.stdin.close();
    this.#outputs.release();
  }

  /** The engine has ended an output: because the container has ended, or because it ends itself. */
  async #disconnected(output: ContainerOutput): Promise<void> {
    if (this.#life.runs) {
      await Promise.race([this.exited, delay(EXIT_LATE_MS, undefined, { ref: false })]);
      // Where the engine does not answer, it is asked again when it is back.
      await this.reconcile().catch((error) => isGone(error) && this.gone());
    }
    if (!this.#life.runs) output.end();
  }

  /** @param exitCode As the engine tells it. */
  async #ended(exitCode: number | undefined): Promise<void> {
    if (!this.#life.exiting(exitCode)) return;
    this.#closeStreams();
    if (exitCode === KILLED) await this.#inspector.inspect().catch(() => undefined);
    this.#life.end();
  }

  #closeStreams(): void {
    this.stdin.close();
    this.#outputs.finish(this.#process.isCutOff);
  }
}

function ended(): CircuitError {
  return new CircuitError('ESRCH', 'the container has ended and cannot be signalled');
}
