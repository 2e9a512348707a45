import type { RpcStub } from 'capnweb';
import { errorCode, interrupted, wouldWait } from '../base/error.js';
import { interruptible, within } from '../base/interruptible.js';
import { StreamBudget } from '../base/stream-budget.js';
import type { FlowControl } from '../transport/flow-control.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type {
  AttendedProcess,
  OutputName,
  Process,
  ProcessPeek,
  ProcessReader,
  ProcessWriter,
  WaitOptions,
} from './circuit.js';
import type {
  AttendedTarget,
  ProcessTarget,
  ReaderTarget,
  WriterTarget,
} from './process-target.js';
import { type Asked, asked, call, letGo } from './remote-call.js';

/** A process of another member. */
export class RemoteProcess implements Process {
  readonly kind = 'proc';
  readonly #stub: RpcStub<ProcessTarget>;
  readonly #flow: FlowControl;
  readonly #held: Disposable;

  /** @param connection Over which it is called; held as long as the process. */
  constructor(stub: RpcStub<ProcessTarget>, connection: PeerConnection<unknown>) {
    this.#stub = stub;
    this.#flow = connection.flow;
    this.#held = connection.hold();
  }

  stdin({ append = false }: { readonly append?: boolean } = {}): ProcessWriter {
    return new RemoteWriter(this.#stub.stdin(append), this.#flow);
  }

  output(name: OutputName): ProcessReader {
    return new RemoteReader(this.#stub.output(name));
  }

  wait(signal?: AbortSignal): Promise<ProcessPeek> {
    return call(this.#stub.wait(), signal);
  }

  signal(name: string, signal?: AbortSignal): Promise<void> {
    return call(this.#stub.signal(name), signal);
  }

  peek(signal?: AbortSignal): Promise<ProcessPeek> {
    return call(this.#stub.peek(), signal);
  }

  [Symbol.dispose](): void {
    letGo(this.#stub);
    this.#held[Symbol.dispose]();
  }
}

/** A process of another member that ends with the one who holds this. */
export class RemoteAttendedProcess extends RemoteProcess implements AttendedProcess {
  readonly #stub: RpcStub<AttendedTarget>;

  constructor(stub: RpcStub<AttendedTarget>, connection: PeerConnection<unknown>) {
    super(stub, connection);
    this.#stub = stub;
  }

  scrub(signal?: AbortSignal): Promise<void> {
    return call(this.#stub.scrub(), signal);
  }
}

/**
 * How long the other side may take to answer that a write was interrupted, in milliseconds:
 * the mount waits 300 ms for us.
 */
const LAST_WORD_MS = 250;

class RemoteWriter implements ProcessWriter {
  readonly #stub: RpcStub<WriterTarget>;
  readonly #flow: FlowControl;
  #begun = false;
  #closed = false;

  constructor(stub: RpcStub<WriterTarget>, flow: FlowControl) {
    this.#stub = stub;
    this.#flow = flow;
  }

  async write(data: Uint8Array, { signal, nonblock = false }: WaitOptions = {}): Promise<number> {
    const chunk = data.subarray(0, this.#flow.chunk);
    const writing = call(this.#stub.write(chunk, nonblock), undefined, this.#begun);
    let taken: number;
    try {
      taken = await interruptible(writing, signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      taken = await this.#lastWord(writing);
    }
    this.#begun = true;
    return taken;
  }

  /**
   * Ends a write over there, which answers how much it has taken. If nothing comes that is not
   * known, and the writer is closed.
   */
  #lastWord(writing: Promise<number>): Promise<number> {
    letGo(this.#stub.interrupt());
    return within(writing, LAST_WORD_MS, () => {
      this.close().catch(() => {});
      return interrupted();
    });
  }

  ready(signal?: AbortSignal): Promise<boolean> {
    return call(this.#stub.ready(), signal, this.#begun);
  }

  whenReady(signal?: AbortSignal): Promise<void> {
    return call(this.#stub.whenReady(), signal, this.#begun);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#stub.close();
    } finally {
      letGo(this.#stub);
    }
  }
}

/** Bytes that are asked for at the least; an output that gives as much streams. */
const PIECE = 64 * 1024;

/** How many chunks are asked for before the first of them has come. */
const AHEAD = 2;

interface AskedChunk extends Asked<Uint8Array> {
  /** How much of what this process may hold is kept for the answer, in bytes. */
  readonly held: number;
}

/**
 * While an output streams, the next chunks are asked for before its reader has had the one
 * before: both sides work at once.
 */
class RemoteReader implements ProcessReader {
  readonly #stub: RpcStub<ReaderTarget>;
  /** What has come and is not read yet. */
  readonly #atHand: Uint8Array[] = [];
  /** What has been asked for and is not at hand yet, in order. */
  readonly #asked: AskedChunk[] = [];
  /** The last chunk was a large one, and so will be the next. */
  #streams = false;
  /** Counts what is at hand, and large chunks that were asked for. */
  readonly #budget = new StreamBudget();
  /** How much has been received since the other side was told, in bytes. */
  #received = 0;
  #begun = false;
  #closed = false;

  constructor(stub: RpcStub<ReaderTarget>) {
    this.#stub = stub;
  }

  async read(max: number, { signal, nonblock = false }: WaitOptions = {}): Promise<Uint8Array> {
    const chunk = this.#atHand.shift() ?? (await this.#nextChunk(nonblock, signal));
    if (chunk.length > max) this.#atHand.unshift(chunk.subarray(max));
    this.#count();
    return chunk.subarray(0, max);
  }

  /** Asks for the next chunk, if nothing is at hand: it is ready when that has come. */
  async ready(): Promise<boolean> {
    return this.#atHand.length > 0 || this.#first().there;
  }

  async whenReady(signal?: AbortSignal): Promise<void> {
    if (await this.ready()) return;
    const there = async () => {};
    await interruptible(this.#first().answer.then(there, there), signal);
  }

  unread(data: Uint8Array): void {
    if (data.length > 0) this.#atHand.unshift(data);
    this.#count();
  }

  received(bytes: number): void {
    this.#received += bytes;
  }

  /** What has come and was not received is still over there, and given back there. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#budget.hold(0);
    const done = () => letGo(this.#stub);
    this.#stub.finish(this.#received).then(done, done);
  }

  async #nextChunk(nonblock: boolean, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const [first] = this.#asked;
    if (nonblock && first && !first.there) {
      throw wouldWait('nothing has come yet');
    }
    const next = first ?? this.#ask(nonblock);
    let chunk: Uint8Array;
    try {
      // One that is interrupted leaves what it asked for to the next read.
      chunk = await call(next.answer, signal, this.#begun);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      if (this.#asked[0] === next) this.#asked.shift();
      if (nonblock) throw error;
      // Asked by one who did not want to wait, and was interrupted.
      return await this.#nextChunk(nonblock, signal);
    }
    // Somebody else may have waited for the same one, and had it.
    if (this.#asked[0] !== next) return await this.read(PIECE, { signal, nonblock });
    this.#asked.shift();
    return this.#came(chunk);
  }

  #came(chunk: Uint8Array): Uint8Array {
    this.#begun = true;
    this.#streams = chunk.length >= PIECE;
    while (this.#streams && this.#asked.length < AHEAD && this.#budget.chunk > 0) {
      this.#ask(false);
    }
    return chunk;
  }

  /** The first of those asked for; asks, if there is none. */
  #first(): AskedChunk {
    return this.#asked[0] ?? this.#ask(false);
  }

  #ask(nonblock: boolean): AskedChunk {
    // Where nothing streams yet, little comes, and nothing is held for it.
    const size = this.#budget.chunk || PIECE;
    const held = this.#streams ? size : 0;
    const next = Object.assign(asked(this.#request(size, nonblock)), { held });
    this.#asked.push(next);
    this.#count();
    return next;
  }

  async #request(size: number, nonblock: boolean): Promise<Uint8Array> {
    const received = this.#received;
    this.#received = 0;
    return await this.#stub.read(size, nonblock, received);
  }

  #count(): void {
    if (this.#closed) return;
    const atHand = this.#atHand.reduce((sum, { length }) => sum + length, 0);
    this.#budget.hold(this.#asked.reduce((sum, { held }) => sum + held, atHand));
  }
}
