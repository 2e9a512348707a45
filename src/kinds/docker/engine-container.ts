import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Engine, EngineError } from './engine.js';

/** How long after KILL a container may take to end. */
const KILLED_MS = 1000;

/** One container of the engine: its inspection, its streams, its end. */
export class EngineContainer {
  readonly #engine: Engine;
  readonly #path: string;
  readonly #id: string;

  constructor(engine: Engine, id: string) {
    this.#engine = engine;
    this.#id = id;
    this.#path = `/containers/${id}`;
  }

  /** Whether the engine answers at all. @throws CircuitError ETIMEDOUT, ENOENT, ECONNREFUSED */
  async checkEngine(): Promise<void> {
    await this.#engine.checkAnswers();
  }

  /** Its inspection, as JSON. @throws EngineError; CircuitError ETIMEDOUT */
  async inspect(): Promise<string> {
    return await this.#engine.ask('GET', `${this.#path}/json`);
  }

  /** As {@link inspect}, but however long the engine takes. */
  async inspectPatiently(): Promise<string> {
    return await this.#engine.request('GET', `${this.#path}/json`);
  }

  /** Its statistics, as JSON: one sample. @throws EngineError; CircuitError ETIMEDOUT */
  async stats(): Promise<string> {
    return await this.#engine.ask('GET', `${this.#path}/stats?stream=false&one-shot=true`);
  }

  /** Signals its first process. @throws EngineError; CircuitError ETIMEDOUT */
  async kill(signal: number): Promise<void> {
    await this.#engine.ask('POST', `${this.#path}/kill?signal=${signal}`);
  }

  /** @throws EngineError; CircuitError ETIMEDOUT */
  async unpause(): Promise<void> {
    await this.#engine.ask('POST', `${this.#path}/unpause`);
  }

  /** A connection to its streams. @param query Which of them. @throws EngineError */
  async attach(query: string): Promise<Socket> {
    return await this.#engine.attach(this.#id, query);
  }

  /** Kills it and removes it, with its anonymous volumes. @throws EngineError; CircuitError ETIMEDOUT */
  async remove(): Promise<void> {
    const deadline = performance.now() + KILLED_MS;
    for (;;) {
      try {
        return await this.#engine.remove(this.#id);
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

/** Whether the engine has no such container. */
export function isGone(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}
