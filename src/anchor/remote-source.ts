import type { RpcStub } from 'capnweb';
import { ByteQueue } from '../base/byte-queue.js';
import { CircuitError, errorCode, wouldWait } from '../base/error.js';
import { interruptible } from '../base/interruptible.js';
import { Mutex } from '../base/mutex.js';
import { StreamBudget } from '../base/stream-budget.js';
import type { Source, WaitOptions } from '../kinds/control-file.js';
import { call, disposeStub } from './remote-call.js';
import type { Piece, SourceTarget } from './source-target.js';

/** Bytes that are asked for at the least; a source that gives as much streams. */
const PIECE = 64 * 1024;

/** How many pieces are asked for before the first of them has come. */
const AHEAD = 2;

/** A piece that was asked for. */
interface Asked {
  readonly answer: Promise<Piece>;
  /** A read with O_NONBLOCK has asked for it. */
  readonly nonblock: boolean;
  /** Whether the answer has come, also as an error. */
  there: boolean;
  /** How much of what this process may hold is kept for it, in bytes. */
  readonly held: number;
}

/**
 * A reader's open source on another member. The first delivery of a message is acknowledged at once,
 * since it decides whose the message is, and its end is not seen before that is known; others are with
 * the next read. While a source streams, the next pieces are asked for before the reader has had the
 * last one, so that both sides work at once.
 */
export class RemoteSource implements Source {
  readonly #stub: RpcStub<SourceTarget>;
  readonly #mutex = new Mutex();
  /** Bytes that have come and are not read yet. */
  readonly #atHand = new ByteQueue();
  /** Pieces that were asked for and are not at hand yet, in order. */
  #asked: Asked[] = [];
  /** Bytes of it, or its end, have been delivered: it is this reader's. */
  #begun = false;
  #acknowledgement: Promise<void> | undefined;
  /** An error that came, and that the reader has not been told of. It stands behind the bytes at hand. */
  #untold: unknown;
  /** Bytes that were delivered and are not acknowledged yet. */
  #unacknowledged = 0;
  /** Counts the bytes at hand, and large pieces that were asked for. */
  readonly #budget = new StreamBudget();
  claimed = false;
  #streams = false;
  /** The other side has no more. */
  #atEnd = false;
  #closed = false;

  constructor(stub: RpcStub<SourceTarget>) {
    this.#stub = stub;
  }

  async read(max: number, { signal, nonblock = false }: WaitOptions = {}): Promise<Uint8Array> {
    const now = nonblock || this.#mutex.isFree;
    using _lock = now ? this.#mutex.tryLock() : await this.#mutex.lock(signal);
    if (this.#closed) throw gone();
    if (this.#atHand.length === 0) this.#throwUntold();
    if (this.#atHand.length === 0 && !this.#atEnd) await this.#next(max, nonblock, signal);
    if (this.#atHand.length === 0 && this.#acknowledgement) {
      await interruptible(this.#acknowledgement, signal);
    }
    const data = this.#atHand.take(max);
    this.#count();
    return data;
  }

  settled(data: Uint8Array, delivered: boolean): void | Promise<void> {
    if (this.#closed) return;
    if (!delivered && !this.#begun) return this.#giveBack();
    const isClaim = delivered && this.claimed && !this.#begun;
    this.#begun = true;
    if (isClaim) return this.#acknowledge(data.length);
    if (delivered) this.#unacknowledged += data.length;
    else this.#atHand.unshift(data);
    this.#count();
  }

  untold(error: unknown): void {
    this.#untold = error;
  }

  get ended(): boolean {
    return this.#atEnd && this.#isEmpty;
  }

  async ready(signal?: AbortSignal): Promise<boolean> {
    if (this.#closed) throw gone();
    if (!this.#isEmpty || this.#atEnd) return true;
    const [first] = this.#asked;
    return first?.there ?? (await call(this.#stub.ready(), signal, this.#begun));
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    if (this.#closed) throw gone();
    if (!this.#isEmpty || this.#atEnd) return;
    const [first] = this.#asked;
    const there = first?.answer.then(
      () => {},
      () => {},
    );
    await call(there ?? this.#stub.whenReady(), signal, this.#begun);
  }

  close(): void {
    if (this.#closed) return;
    if (this.#unacknowledged > 0) {
      disposeStub(this.#stub.acknowledge(this.#unacknowledged));
    }
    this.#closed = true;
    this.#passUntold();
    this.#forget();
    disposeStub(this.#stub);
  }

  #acknowledge(bytes: number): Promise<void> {
    const acknowledgement = call(this.#stub.acknowledge(bytes), undefined, true);
    acknowledgement.catch(() => {});
    this.#acknowledgement = acknowledgement;
    return acknowledgement;
  }

  /** Pushes back over there all that was not acknowledged. */
  #giveBack(): void {
    this.#passUntold();
    this.#forget();
    disposeStub(this.#stub.giveBack());
  }

  /** The member is to tell the next reader of it. */
  #passUntold(): void {
    if (this.#untold !== undefined) disposeStub(this.#stub.untold());
    this.#untold = undefined;
  }

  #throwUntold(): void {
    const error = this.#untold;
    this.#untold = undefined;
    if (error !== undefined) throw error;
  }

  get #isEmpty(): boolean {
    return this.#atHand.length === 0 && this.#untold === undefined;
  }

  /** Forgets all that was asked for and has come. */
  #forget(): void {
    this.#asked = [];
    this.#atHand.clear();
    this.#budget.hold(0);
    this.#atEnd = false;
  }

  async #next(max: number, nonblock: boolean, signal: AbortSignal | undefined): Promise<void> {
    const [first] = this.#asked;
    if (nonblock && first && !first.there) throw wouldWait('nothing has come yet');
    const next = first ?? this.#ask(max, nonblock);
    try {
      // The rest must not be seen before the message is known to be this reader's.
      await interruptible(this.#acknowledgement ?? Promise.resolve(), signal);
      const piece = await call(next.answer, signal, this.#begun);
      if (this.#asked[0] === next) return this.#came(piece);
    } catch (error) {
      // A read that was interrupted in the middle leaves what it asked for to the next one.
      if (signal?.aborted && !this.#begun && !this.#closed) this.#giveBack();
      if (signal?.aborted) throw error;
      if (this.#asked[0] === next) {
        this.#asked.shift();
        const wasTry = next.nonblock && !nonblock && errorCode(error) === 'EAGAIN';
        if (!wasTry) throw error;
      }
    }
    if (this.#closed) throw gone();
    // The piece was pushed back with those before it, or was asked for by a read with O_NONBLOCK that
    // was interrupted.
    return await this.#next(max, nonblock, signal);
  }

  #came(piece: Piece): void {
    this.#asked.shift();
    this.#atHand.push(piece.data);
    this.#atEnd = piece.ended;
    this.claimed = piece.claimed;
    this.#streams = piece.streams;
    while (this.#streams && this.#asked.length < AHEAD && this.#budget.chunk > 0) {
      this.#ask(0, false);
    }
  }

  #ask(max: number, nonblock: boolean): Asked {
    // A source that does not stream gives little, and nothing is held for it.
    const room = this.#budget.chunk || PIECE;
    const size = this.#streams ? room : Math.max(room, max);
    const acknowledged = this.#unacknowledged;
    this.#unacknowledged = 0;
    const answer = Promise.resolve(this.#stub.read(size, nonblock, acknowledged));
    const asked: Asked = { answer, nonblock, there: false, held: this.#streams ? size : 0 };
    const there = () => {
      asked.there = true;
    };
    answer.then(there, there);
    this.#asked.push(asked);
    this.#count();
    return asked;
  }

  #count(): void {
    if (this.#closed) return;
    this.#budget.hold(this.#asked.reduce((sum, { held }) => sum + held, this.#atHand.length));
  }
}

function gone(): CircuitError {
  return new CircuitError('EIO', 'the reader has gone');
}
