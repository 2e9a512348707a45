import type { RpcStub } from 'capnweb';
import { CircuitError, errorCode, interrupted, wouldWait } from '../base/error.js';
import { interruptible, within } from '../base/interruptible.js';
import { isRetriable, MAX_PIECE, type Sink, type WriteOptions } from '../kinds/control-file.js';
import { MAX_WAITING } from '../kinds/message-memory.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { call, disposeStub } from './remote-call.js';
import type { Accepted, SinkTarget } from './sink-target.js';

/**
 * How long the other side may take to answer how much of an interrupted write it has taken: the
 * mount waits 300 ms for us.
 */
const LAST_WORD_MS = 250;

/** By how much more is sent at once when all of the last piece was taken. */
const STEP = 16;

type Connection = Pick<PeerConnection<unknown>, 'flow' | 'hold'>;

/** A writer's open sink on another member. */
export class RemoteSink implements Sink {
  readonly #open: () => RpcStub<SinkTarget>;
  readonly #connection: Connection;
  /** Undefined when it has ended. */
  #stub: RpcStub<SinkTarget> | undefined;
  /** The other side has taken something. */
  #begun = false;
  /** How much is sent at once: at first no more than a message has room for without a receiver. */
  #size = MAX_WAITING;
  /** The other side has no room for more, and a write(2) waits until it has. */
  #full = false;
  /** Bytes whose writer was told that they are taken are still on their way. */
  #behind: Promise<void> | undefined;

  /**
   * @param open Opens it over there: at once, since some sinks count their writers, and anew after a
   *   first write that was interrupted.
   */
  constructor(open: () => RpcStub<SinkTarget>, connection: Connection) {
    this.#open = open;
    this.#connection = connection;
    this.#stub = open();
  }

  async accept(data: Uint8Array, options: WriteOptions = {}): Promise<number | undefined> {
    const { signal, nonblock = false, last = false } = options;
    const stub = this.#stub;
    if (!stub) throw new CircuitError('EPIPE', 'it has ended');
    if (!this.#begun && data.length === 0 && !last) return 0;
    // It could overtake what is on its way, which may have to be sent again.
    if (this.#behind && nonblock) throw wouldWait('what was written before is on its way');
    if (this.#behind) return undefined;
    const size = nonblock ? MAX_PIECE : this.#size;
    const piece = data.subarray(0, Math.min(size, this.#connection.flow.chunk));
    const ends = last && piece.length === data.length;
    const answer = call(stub.accept(piece, nonblock, ends), undefined, this.#begun);
    // A message begins with no more than has room without a receiver.
    const isBeginning = !this.#begun && piece.length < data.length;
    try {
      const taken = this.#took(await interruptible(answer, signal), piece, ends);
      this.#full ||= isBeginning;
      return taken;
    } catch (error) {
      const isInterrupted = signal?.aborted && errorCode(error) === 'EINTR';
      if (isInterrupted) return await this.#lastWord(stub, answer, piece, ends);
      if (!isRetriable(error)) this.abort();
      throw error;
    }
  }

  get full(): boolean {
    return this.#full;
  }

  async drained(signal?: AbortSignal): Promise<void> {
    if (!this.#full || !this.#stub) return;
    try {
      await call(this.#stub.drained(), signal, true);
      this.#full = false;
    } catch (error) {
      if (errorCode(error) !== 'EINTR') this.abort();
      throw error;
    }
  }

  async ready(signal?: AbortSignal): Promise<boolean> {
    if (this.#behind) return false;
    return !this.#stub || (await call(this.#stub.ready(), signal, this.#begun));
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    const arrived = this.#behind?.catch(() => {});
    if (arrived) await interruptible(arrived, signal);
    if (!this.#stub) return;
    await call(this.#stub.whenReady(), signal, this.#begun);
    this.#full = false;
  }

  close(): void {
    this.#finish((stub) => disposeStub(stub.close()));
  }

  abort(): void {
    disposeStub(this.#stub);
    this.#stub = undefined;
  }

  #took({ taken, full }: Accepted, piece: Uint8Array, ends: boolean): number | undefined {
    if (taken === undefined) {
      this.#adapt(Math.ceil(piece.length / STEP), piece.length);
      return undefined;
    }
    this.#begun = true;
    this.#adapt(taken, piece.length);
    this.#full = full;
    // The end of the stub would end the wait for room, too: close() comes after that.
    if (ends && taken === piece.length && !full) this.#finish();
    return taken;
  }

  /**
   * The writer was interrupted, and is answered how much was taken. Where that is not known in time,
   * the rest of a sink that has begun arrives behind it, since to fail would have it written twice;
   * one that has not begun is given up.
   */
  async #lastWord(
    stub: RpcStub<SinkTarget>,
    answer: Promise<Accepted>,
    piece: Uint8Array,
    ends: boolean,
  ): Promise<number | undefined> {
    disposeStub(stub.interrupt());
    const late = new Error('late');
    try {
      return this.#took(await within(answer, LAST_WORD_MS, late), piece, ends);
    } catch (error) {
      if (error !== late) throw error;
    }
    if (!this.#begun) {
      this.#stub = this.#open();
      disposeStub(stub);
      throw interrupted();
    }
    this.#send(stub, answer, new Uint8Array(piece), ends);
    return piece.length;
  }

  /** Sees to it that bytes arrive whose writer was told that they are taken. */
  #send(
    stub: RpcStub<SinkTarget>,
    answer: Promise<Accepted>,
    piece: Uint8Array,
    ends: boolean,
  ): void {
    // The writer may close it, and what holds the connection for it, before they have arrived.
    const held = this.#connection.hold();
    const behind = this.#rest(stub, answer, piece, ends).finally(() => {
      held[Symbol.dispose]();
      this.#behind = undefined;
    });
    behind.catch(() => this.abort());
    this.#behind = behind;
  }

  async #rest(
    stub: RpcStub<SinkTarget>,
    first: Promise<Accepted>,
    piece: Uint8Array,
    ends: boolean,
  ): Promise<void> {
    let answer: PromiseLike<Accepted> = first;
    let sent = piece;
    for (let rest = piece; ; ) {
      const taken = await takenBy(answer);
      if (taken === undefined) await stub.whenReady();
      else this.#adapt(taken, sent.length);
      rest = rest.subarray(taken ?? 0);
      if (taken !== undefined && rest.length === 0) break;
      sent = rest.subarray(0, this.#size);
      answer = stub.accept(sent, false, ends && sent.length === rest.length);
    }
    if (ends) this.#finish();
  }

  /** Sends as much at once as was taken, and more where all of it was, but less where there was no room. */
  #adapt(taken: number, sent: number): void {
    const size = taken < sent ? taken : this.#size * STEP;
    this.#size = Math.max(1, Math.min(MAX_PIECE, size));
  }

  /**
   * Lets go of a sink that is complete, or is by what `complete` sends: that goes out first, and both
   * go out after what is on its way. Where that does not arrive, the sink is not complete.
   */
  #finish(complete: (stub: RpcStub<SinkTarget>) => void = () => {}): void {
    const stub = this.#stub;
    this.#stub = undefined;
    if (!stub) return;
    const finish = () => {
      complete(stub);
      disposeStub(stub);
    };
    if (this.#behind) this.#behind.then(finish, () => disposeStub(stub));
    else finish();
  }
}

/** How much was taken; undefined where it is to be sent again. */
async function takenBy(answer: PromiseLike<Accepted>): Promise<number | undefined> {
  try {
    return (await answer).taken;
  } catch (error) {
    if (!isRetriable(error)) throw error;
    return undefined;
  }
}
