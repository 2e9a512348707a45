import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../base/error.js';
import type { Engine } from './engine.js';

/** An event of a container, as the engine tells it. */
export interface ContainerEvent {
  /** `start`, `die`, `oom`, `pause`, `unpause`, `destroy` and others. */
  readonly action: string;
  readonly container: string;
  readonly exitCode: number | undefined;
}

export interface EventListener {
  /**
   * The engine tells from now on; nobody knows what happened before.
   * @param again It was {@link lost}.
   */
  connected(again: boolean): void;
  /** The engine has gone, or is not there yet. Told once until it is connected. */
  lost(why: string): void;
  event(event: ContainerEvent): void;
}

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 800;

/** Follows what the engine tells of the containers with a label, also over its restarts. */
export class EngineEvents implements Disposable {
  readonly #engine: Engine;
  readonly #filters: string;
  readonly #listener: EventListener;
  readonly #ended = new AbortController();
  #stream: IncomingMessage | undefined;
  #connected = false;
  #lost = false;

  /** @param label As `NAME=value`. */
  constructor(engine: Engine, label: string, listener: EventListener) {
    this.#engine = engine;
    this.#filters = encodeURIComponent(JSON.stringify({ type: ['container'], label: [label] }));
    this.#listener = listener;
    void this.#follow();
  }

  /** Whether the engine tells now. */
  get connected(): boolean {
    return this.#connected;
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#stream?.destroy();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ended;
    let wait = FIRST_DELAY_MS;
    while (!signal.aborted) {
      let why = 'the Docker engine has ended the connection';
      try {
        await this.#listen(() => {
          wait = FIRST_DELAY_MS;
        });
      } catch (error) {
        // The error that breaks off a connection that stood is `aborted`.
        if (!this.#connected) why = errorMessage(error);
      }
      this.#connected = false;
      if (signal.aborted) return;
      if (!this.#lost) this.#listener.lost(why);
      this.#lost = true;
      // It is not to keep a program alive that has nothing else to do.
      await delay(wait, undefined, { signal, ref: false }).catch(() => {});
      wait = Math.min(2 * wait, MAX_DELAY_MS);
    }
  }

  /** Until the connection ends. */
  async #listen(connected: () => void): Promise<void> {
    // The engine answers before it listens itself: what happens between is told because of `since`.
    const since = Date.now() / 1000;
    const stream = await this.#engine.open(
      'GET',
      `/events?since=${since}&filters=${this.#filters}`,
    );
    if (this.#ended.signal.aborted) return void stream.destroy();
    this.#stream = stream;
    stream.setEncoding('utf8');
    connected();
    this.#connected = true;
    const again = this.#lost;
    this.#lost = false;
    this.#listener.connected(again);
    let rest = '';
    for await (const piece of stream) {
      const lines = `${rest}${piece}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#tell(line);
    }
  }

  #tell(line: string): void {
    if (line.trim() === '') return;
    const { Action, Actor } = JSON.parse(line);
    const { exitCode } = Actor.Attributes;
    this.#listener.event({
      action: String(Action),
      container: String(Actor.ID),
      exitCode: exitCode === undefined ? undefined : Number(exitCode),
    });
  }
}
