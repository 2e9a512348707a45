import { isCount } from './count.js';
import { CircuitError, errorCode, errorMessage } from './error.js';
import { escapeControls } from './escape-controls.js';
import { until } from './interruptible.js';
import { Listeners } from './listeners.js';
import { shorten } from './redact.js';

/** How much of the log is kept in memory; half of it is dropped at a time. */
const KEPT_BYTES = 1024 * 1024;

/** How long a line of the log may be, in characters. */
const MAX_LINE = 2_000;

/** The result of a read of the log. */
export interface LogPiece {
  /** Where the data begins: later than was asked for if that is no longer kept. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/**
 * The operations log: one line for each command and event, with the time, the caller, the verb and
 * the outcome. Each line goes to `write`, and the last lines are kept for the file `log`. Offsets
 * count bytes since the daemon started.
 */
export class OperationsLog {
  readonly #write: (line: string) => void;
  #chunks: Buffer[] = [];
  #start = 0;
  #end = 0;
  readonly #growth = new Listeners();

  /** @param write Takes each line, with its newline. */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  /** Logs an event that no caller asked for. */
  event(what: string): void {
    this.#append(`- ${what}`);
  }

  /**
   * Runs an operation, and logs it with its outcome.
   * @param who The caller: `uid=0 pid=42`, or `peer=HOST:PORT`.
   * @param what The verb and its arguments, without secrets.
   */
  async operation<T>(who: string, what: string, run: () => Promise<T>): Promise<T> {
    try {
      const result = await run();
      this.#append(`${who} ${what}: ok`);
      return result;
    } catch (error) {
      const code = errorCode(error);
      this.#append(`${who} ${what}: ${code ? `${code}: ` : ''}${errorMessage(error)}`);
      throw error;
    }
  }

  /** Up to `size` bytes from `offset`; from the oldest byte kept if that is later. */
  read(offset: number, size: number): LogPiece {
    checkCounts(offset, size);
    const from = Math.max(offset, this.#start);
    const at = from - this.#start;
    return { offset: from, data: Buffer.concat(this.#chunks).subarray(at, at + size) };
  }

  /** Resolves when the log reaches beyond `offset`. @throws CircuitError EINVAL, EINTR */
  async whenBeyond(offset: number, signal?: AbortSignal): Promise<void> {
    checkCounts(offset);
    await until(
      () => this.#end > offset,
      (look) => this.#growth.add(look),
      signal,
    );
  }

  #append(text: string): void {
    const shown = escapeControls(shorten(text, MAX_LINE));
    const line = `${new Date().toISOString()} ${shown}\n`;
    this.#write(line);
    const chunk = Buffer.from(line);
    this.#chunks.push(chunk);
    this.#end += chunk.length;
    if (this.#end - this.#start > KEPT_BYTES) this.#trim();
    this.#growth.tell();
  }

  #trim(): void {
    const drop = this.#chunks.splice(0, this.#chunks.length / 2);
    this.#start += drop.reduce((sum, chunk) => sum + chunk.length, 0);
  }
}

function checkCounts(...counts: readonly number[]): void {
  if (counts.every((count) => isCount(count))) return;
  throw new CircuitError('EINVAL', 'an offset and a size must be whole numbers from 0');
}
