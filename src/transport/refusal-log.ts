/** How often the log tells of one kind of refusal, in milliseconds. */
const PAUSE_MS = 60_000;

/** The things that are refused, in the singular and in the plural. */
const SENTENCES = {
  unknownKey: ['handshake with an unknown key', 'handshakes with an unknown key'],
  wrongAddress: ['handshake with a wrong address', 'handshakes with a wrong address'],
  noKey: ['connection that proved no key', 'connections that proved no key'],
  tooMany: ['introduction too many', 'introductions too many'],
} as const;

export type Refusal = keyof typeof SENTENCES;

interface Untold {
  count: number;
  last: string;
  readonly since: Date;
}

/**
 * Tells of refused peers: of the first at once, and then once a minute how many there were. Anybody
 * who finds the port can have themselves refused, and must not fill the log.
 */
export class RefusalLog {
  readonly #log: (event: string) => void;
  readonly #pauseMs: number;
  readonly #untold = new Map<Refusal, Untold>();
  readonly #timers = new Map<Refusal, NodeJS.Timeout>();

  /**
   * @param log Takes a sentence.
   * @param pause How often it tells of one kind, in milliseconds.
   */
  constructor(log: (event: string) => void, pause = PAUSE_MS) {
    this.#log = log;
    this.#pauseMs = pause;
  }

  /** @param remote The peer's host. */
  note(refusal: Refusal, remote: string): void {
    if (!this.#timers.has(refusal)) {
      this.#log(`refused: 1 ${SENTENCES[refusal][0]}, from ${remote}`);
      this.#pause(refusal);
      return;
    }
    const untold = this.#untold.get(refusal);
    if (!untold) {
      this.#untold.set(refusal, { count: 1, last: remote, since: new Date() });
      return;
    }
    untold.count += 1;
    untold.last = remote;
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #pause(refusal: Refusal): void {
    const timer = setTimeout(() => {
      this.#timers.delete(refusal);
      this.#tell(refusal);
    }, this.#pauseMs);
    this.#timers.set(refusal, timer);
  }

  #tell(refusal: Refusal): void {
    const untold = this.#untold.get(refusal);
    if (!untold) return;
    this.#untold.delete(refusal);
    const { count, since, last } = untold;
    const [one, many] = SENTENCES[refusal];
    const what = count === 1 ? one : many;
    this.#log(`refused: ${count} ${what} since ${since.toISOString()}, the last from ${last}`);
    this.#pause(refusal);
  }
}
