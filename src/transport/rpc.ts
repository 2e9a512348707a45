import {
  type RpcCompatible,
  RpcSession,
  type RpcStub,
  type RpcTransportWithCustomEncoding,
} from 'capnweb';
import { Packr } from 'msgpackr';
import type { RawData, WebSocket } from 'ws';
import { CircuitError, errorMessage } from '../base/error.js';
import { onRest, passed } from '../base/garbage.js';
import { CloseCode, type Ending } from './ending.js';
import { MAX_CHUNK, MAX_MESSAGE, MAX_OPEN_CALLS, MAX_UNSENT } from './limits.js';

/** How often the open calls are counted, in messages: counting walks the whole table. */
const COUNT_EVERY = 1_000;

const packr = new Packr({ useRecords: false });

/** A message with so many bytes in its pieces is packed into a buffer that is used again. */
const BULK_BYTES = 32 * 1024;
/** Room for what is around the pieces, in bytes. */
const AROUND_BYTES = 16 * 1024;
/** The buffers: for the largest piece that a call carries, and for smaller ones. */
const BULK_BUFFERS = [MAX_CHUNK / 16, MAX_CHUNK / 8, MAX_CHUNK / 4, MAX_CHUNK / 2, MAX_CHUNK].map(
  (size) => ({ size: size + AROUND_BYTES, free: [] as Buffer[] }),
);
/** How many of each size are kept for later. */
const MAX_FREE_BUFFERS = 8;
/** What msgpackr begins with by itself. */
const SMALL_BUFFER_BYTES = 8192;
/** How deep pieces are looked for, so that small messages do not wait for that. */
const MAX_DEPTH = 6;

onRest(() => {
  for (const { free } of BULK_BUFFERS) free.length = 0;
});

/**
 * How long a message that the peer can wait for waits for others to go out with, in
 * milliseconds.
 */
const PATIENCE_MS = 20;

/** What goes into one frame with others, in bytes; a larger message is a frame of its own. */
const MAX_BATCH_BYTES = 64 * 1024;

/**
 * Cap'n Web messages as MessagePack, one after the other in binary WebSocket
 * frames. A call is several small messages, and each frame is a system call, a
 * TLS record and a wake-up at the other side: what one turn of the event loop has
 * to say goes out together.
 */
class WebSocketRpcTransport implements RpcTransportWithCustomEncoding {
  readonly encodingLevel = 'jsonCompatibleWithBytes';
  readonly #socket: WebSocket;
  readonly #ending: Ending;
  readonly #received: unknown[] = [];
  readonly #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #flushing = false;
  #waitingToFlush = false;
  /** The number of the call whose answer is being taken. */
  #answered: unknown;
  #waiting: PromiseWithResolvers | undefined;
  #failure: Error | undefined;

  /** @param onFrame Told of each frame that comes, and how many messages were in it. */
  constructor(socket: WebSocket, ending: Ending, onFrame: (messages: number) => void) {
    this.#socket = socket;
    this.#ending = ending;
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (this.#failure) return;
      const { length } = data as Buffer;
      if (length >= BULK_BYTES) passed(length);
      if (!isBinary) {
        return this.refuse(CloseCode.unsupportedData, 'a text frame; circuit messages are binary');
      }
      try {
        const messages = unpack(data as Buffer);
        for (const message of messages) this.#deliver(message);
        onFrame(messages.length);
      } catch {
        this.refuse(CloseCode.protocolError, 'the peer sent what is not a circuit message');
      }
    });
    socket.once('close', () => this.#fail());
  }

  send(message: unknown): number {
    const bytes = bytesIn(message);
    if (bytes >= BULK_BYTES) return this.#sendBulk(message, bytes);
    const data = packr.pack(message);
    if (data.length > MAX_MESSAGE) throw tooLong();
    if (this.#unsentBytes + data.length > MAX_BATCH_BYTES) this.#flush();
    this.#unsent.push(data);
    this.#unsentBytes += data.length;
    if (this.#canWait(message)) this.#flushLater();
    else this.#flushSoon();
    return data.length;
  }

  /**
   * As a frame of its own. The buffer is free again when the socket has taken it: msgpackr
   * would allocate four times the size, and garbage of that size is collected at a cost.
   */
  #sendBulk(message: unknown, bytes: number): number {
    const size = bytes + AROUND_BYTES;
    const buffers = BULK_BUFFERS.find((each) => each.size >= size) ?? { size, free: [] };
    const buffer = buffers.free.pop() ?? Buffer.allocUnsafeSlow(buffers.size);
    packr.useBuffer(buffer);
    const data = packr.pack(message);
    // What is packed next must not follow in the same buffer.
    packr.useBuffer(Buffer.allocUnsafeSlow(SMALL_BUFFER_BYTES));
    this.#flush();
    if (data.length > MAX_MESSAGE) throw tooLong();
    passed(data.length);
    this.#transmit(data, (error) => {
      if (!error && buffers.free.length < MAX_FREE_BUFFERS) buffers.free.push(buffer);
    });
    return data.length;
  }

  /** Not before the promises that are settled by now have had their say. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => process.nextTick(() => this.#flush()));
  }

  #flushLater(): void {
    if (this.#waitingToFlush) return;
    this.#waitingToFlush = true;
    const flush = () => {
      this.#waitingToFlush = false;
      this.#flush();
    };
    setTimeout(flush, PATIENCE_MS).unref();
  }

  /**
   * Whether nobody waits for what a message brings about: it lets the peer forget a call that it
   * has answered, or calls what is not asked for its answer, which is the next thing to come. It
   * would be a frame of its own, and wake the peer for nothing.
   */
  #canWait(message: unknown): boolean {
    if (!Array.isArray(message)) return false;
    const [kind, call] = message;
    return kind === 'push' || (kind === 'release' && call === this.#answered);
  }

  #flush(): void {
    this.#flushing = false;
    const [first, ...more] = this.#unsent.splice(0);
    this.#unsentBytes = 0;
    if (first) this.#transmit(more.length > 0 ? Buffer.concat([first, ...more]) : first);
  }

  #transmit(frame: Buffer, sent?: (error?: Error) => void): void {
    if (this.#socket.bufferedAmount > MAX_UNSENT) {
      this.#ending.cut(`the peer does not read: ${MAX_UNSENT / 1024 / 1024} MiB lie unsent`);
    } else if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame, sent);
  }

  receive(): Promise<unknown> {
    if (this.#received.length > 0) return Promise.resolve(this.#taken(this.#received.shift()));
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Cap'n Web goes on no more: a message was none of its own, or beyond its limits. */
  abort(reason?: unknown): void {
    this.refuse(CloseCode.protocolError, errorMessage(reason));
  }

  /** Hears nothing more of the peer, and says why. */
  refuse(code: number, reason: string): void {
    this.#ending.refuse(code, reason);
    this.#fail();
  }

  #deliver(message: unknown): void {
    if (this.#waiting) {
      this.#waiting.resolve(this.#taken(message));
      this.#waiting = undefined;
    } else {
      this.#received.push(message);
    }
  }

  #taken(message: unknown): unknown {
    const [kind, call] = Array.isArray(message) ? message : [];
    this.#answered = kind === 'resolve' || kind === 'reject' ? call : undefined;
    return message;
  }

  #fail(): void {
    this.#failure ??= new CircuitError('EHOSTUNREACH', this.#ending.sentence);
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

/** What is in a frame; of a large one no more than one message, so that they can be counted. */
function unpack(frame: Buffer): unknown[] {
  return frame.length > MAX_BATCH_BYTES ? [packr.unpack(frame)] : packr.unpackMultiple(frame);
}

/** How many bytes are in the pieces of a message: an argument, an answer, or a property of one. */
function bytesIn(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return 0;
  if (value instanceof Uint8Array) return value.length;
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return parts.reduce<number>((sum, part) => sum + bytesIn(part, depth + 1), 0);
}

function tooLong(): CircuitError {
  return new CircuitError('EINVAL', `a message of more than ${MAX_MESSAGE} bytes`);
}

interface PromiseWithResolvers {
  readonly resolve: (message: unknown) => void;
  readonly reject: (failure: Error) => void;
}

/**
 * Starts an RPC session in which both sides may call.
 *
 * @param main What the peer may call, an `RpcTarget`.
 * @param onMessage Told whenever messages come.
 * @param ending The end of the connection, which tells why there are no answers any more.
 * @returns What we may call of the peer. Its calls fail with EHOSTUNREACH when
 *   the connection is lost.
 */
export function startRpc<Remote extends RpcCompatible<Remote>>(
  socket: WebSocket,
  main: unknown,
  onMessage: () => void,
  ending: Ending,
): RpcStub<Remote> {
  let uncounted = 0;
  const transport = new WebSocketRpcTransport(socket, ending, (messages) => {
    onMessage();
    uncounted += messages;
    if (uncounted < COUNT_EVERY) return;
    uncounted = 0;
    if (session.getStats().exports > MAX_OPEN_CALLS) {
      transport.refuse(CloseCode.policy, `more than ${MAX_OPEN_CALLS} open calls`);
    }
  });
  const session = new RpcSession<Remote>(transport, main, { limits: { maxDepth: 32 } });
  return session.getRemoteMain();
}
