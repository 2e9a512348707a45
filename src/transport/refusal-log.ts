/** How often the log tells of refusals, in milliseconds. */
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
}

/**
 * Tells of refused peers: of the first at once, and then in one line a minute how many there were of
 * each kind. Anybody who finds the port can have themselves refused, and must not fill the log.
 */
export class RefusalLog {
  readonly #log: (event: string) => void;
  readonly #pauseMs: number;
  readonly #untold = new Map<Refusal, Untold>();
  /** When the log told of refusals last. */
  #since = new Date();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param log Takes a sentence.
   * @param pause How often it tells, in milliseconds.
   */
  constructor(log: (event: string) => void, pause = PAUSE_MS) {
    this.#log = log;
    this.#pauseMs = pause;
  }

  /** @param remote The peer's host. */
  note(refusal: Refusal, remote: string): void {
    if (this.#isClosed) return;
    if (this.#timer === undefined) {
      this.#tell(`refused: 1 ${SENTENCES[refusal][0]}, from ${remote}`);
      return;
    }
    const count = this.#untold.get(refusal)?.count ?? 0;
    this.#untold.set(refusal, { count: count + 1, last: remote });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #tell(event: string): void {
    this.#log(event);
    this.#since = new Date();
    this.#untold.clear();
    this.#timer = setTimeout(() => this.#tellOfPause(), this.#pauseMs);
  }

  #tellOfPause(): void {
    this.#timer = undefined;
    if (this.#untold.size === 0) return;
    const kinds = [...this.#untold].map(([refusal, { count, last }]) => {
      const [one, many] = SENTENCES[refusal];
      return `${count} ${count === 1 ? one : many}, the last from ${last}`;
    });
    this.#tell(`refused since ${this.#since.toISOString()}: ${kinds.join('; ')}`);
  }
}
