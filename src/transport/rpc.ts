import {
  type RpcCompatible,
  RpcSession,
  type RpcStub,
  type RpcTransportWithCustomEncoding,
} from 'capnweb';
import { Packr } from 'msgpackr/pack';
import type { RawData, WebSocket } from 'ws';
import { CircuitError, errorMessage } from '../base/error.js';
import { onRest, passed } from '../base/garbage.js';
import { CloseCode, type Ending } from './ending.js';
import { MAX_CHUNK, MAX_MESSAGE, MAX_OPEN_CALLS, MAX_UNSENT } from './limits.js';

/** After so many messages the open calls are counted: counting walks the whole table. */
const COUNT_EVERY = 1_000;

const packr = new Packr({ useRecords: false });

/** A message whose pieces have so many bytes is packed into a buffer that is used again. */
const BULK_BYTES = 32 * 1024;
/** Room for the rest of the message around its pieces. */
const AROUND_BYTES = 16 * 1024;
/** The free buffers: for the largest piece that a call carries, and for smaller ones. */
const BULK_BUFFERS = [MAX_CHUNK / 16, MAX_CHUNK / 8, MAX_CHUNK / 4, MAX_CHUNK / 2, MAX_CHUNK].map(
  (size) => ({ size: size + AROUND_BYTES, free: [] as Buffer[] }),
);
/** How many buffers of each size are kept. */
const MAX_FREE_BUFFERS = 8;
/** The size with which msgpackr begins by itself. */
const SMALL_BUFFER_BYTES = 8192;
/** How deep a message is searched for pieces: small messages must not wait for that. */
const MAX_DEPTH = 6;

onRest(() => {
  for (const { free } of BULK_BUFFERS) free.length = 0;
});

/**
 * How long a message that nobody waits for is kept, to go out together with others.
 */
const PATIENCE_MS = 20;

/** How many bytes go into one frame together; a larger message is a frame of its own. */
const MAX_BATCH_BYTES = 64 * 1024;

/**
 * Carries Cap'n Web's messages as MessagePack, one after the other in binary WebSocket frames. A
 * call is several small messages, and each frame is a system call, a TLS record and a wake-up at
 * the other side. So all messages of one turn of the event loop go out together.
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

  /** @param onFrame Called for each frame that comes, with the number of its messages. */
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
        this.refuse(
          CloseCode.protocolError,
          'the peer sent something that is not a circuit message',
        );
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
   * Sends a message as a frame of its own. Its buffer is free again when the socket has taken it:
   * msgpackr would allocate four times the size, and garbage of that size is collected at a cost.
   */
  #sendBulk(message: unknown, bytes: number): number {
    const size = bytes + AROUND_BYTES;
    const buffers = BULK_BUFFERS.find((each) => each.size >= size) ?? { size, free: [] };
    const buffer = buffers.free.pop() ?? Buffer.allocUnsafeSlow(buffers.size);
    packr.useBuffer(buffer);
    const data = packr.pack(message);
    // The next message must not follow in the same buffer.
    packr.useBuffer(Buffer.allocUnsafeSlow(SMALL_BUFFER_BYTES));
    this.#flush();
    if (data.length > MAX_MESSAGE) throw tooLong();
    passed(data.length);
    this.#transmit(data, (error) => {
      if (!error && buffers.free.length < MAX_FREE_BUFFERS) buffers.free.push(buffer);
    });
    return data.length;
  }

  /** Sends after the promises that are settled by now have run. */
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
   * Whether nobody waits for the effect of a message: it lets the peer release a call that it has
   * answered, or it pushes a call whose answer is not asked for until the next message. Alone it
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
      this.#ending.cut(`the peer does not read: ${MAX_UNSENT / 1024 / 1024} MiB wait to be sent`);
    } else if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame, sent);
  }

  receive(): Promise<unknown> {
    if (this.#received.length > 0) return Promise.resolve(this.#taken(this.#received.shift()));
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Cap'n Web gives up: it got a message that is not its own, or that is beyond its limits. */
  abort(reason?: unknown): void {
    this.refuse(CloseCode.protocolError, errorMessage(reason));
  }

  /** Ends the connection, tells the peer why, and takes no further message. */
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

/** The messages in a frame. A large one must hold a single message, so that they can be counted. */
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

const sessions = new Set<Pick<RpcSession, 'getStats'>>();

/** How many sessions there are, and to how many objects they hold references, of the peers and for them. */
export function rpcReport() {
  const stats = [...sessions].map((session) => session.getStats());
  const sum = (of: 'imports' | 'exports') => stats.reduce((total, each) => total + each[of], 0);
  return { connections: stats.length, imports: sum('imports'), exports: sum('exports') };
}

/**
 * Starts an RPC session in which both sides may call.
 *
 * @param main The object that the peer may call, an `RpcTarget`.
 * @param onMessage Called whenever messages come.
 * @param ending The end of the connection, which tells why no answers come any more.
 * @returns The object of the peer that we may call. Its calls fail with EHOSTUNREACH when the
 *   connection is lost.
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
  sessions.add(session);
  socket.once('close', () => sessions.delete(session));
  return session.getRemoteMain();
}
