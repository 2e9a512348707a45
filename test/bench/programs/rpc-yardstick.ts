/**
 * A process of its own: Cap'n Web over a WebSocket over TLS with nothing of ours between. `serve`
 * prints a port when it is asked for `port`; `call PORT` calls it, and answers for `calls` and
 * `bytes` how many a second. What this machine gives, against which our own figures are to be seen.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { RpcSession, RpcTarget, type RpcTransportWithCustomEncoding } from 'capnweb';
import { Packr } from 'msgpackr';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { answerFigures } from '../figures.js';
import { rateFor } from '../rate.js';

/** How long one measurement takes, in milliseconds. */
const DURATION_MS = 200;
const CHUNK = 128 * 1024;

/** A pre-shared key (RFC 8446, section 4.2.11): no certificate is needed. */
const KEY = Buffer.alloc(32, 5);
const SECURITY = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;

const packr = new Packr({ useRecords: false });

class Echo extends RpcTarget {
  readonly #chunk = Buffer.alloc(CHUNK);

  nothing(): void {}

  chunk(): Uint8Array {
    return this.#chunk;
  }
}

/** A frame for each message, as it comes. */
class BareTransport implements RpcTransportWithCustomEncoding {
  readonly encodingLevel = 'jsonCompatibleWithBytes';
  readonly #socket: WebSocket;
  readonly #received: unknown[] = [];
  #waiting: ((message: unknown) => void) | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const message: unknown = packr.unpack(data);
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting) waiting(message);
      else this.#received.push(message);
    });
  }

  send(message: unknown): void {
    this.#socket.send(packr.pack(message));
  }

  receive(): Promise<unknown> {
    if (this.#received.length > 0) return Promise.resolve(this.#received.shift());
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

const [verb, port] = process.argv.slice(2);
await answerFigures(verb === 'serve' ? await serve() : await call(Number(port)));

async function serve() {
  const server = createServer({ ...SECURITY, pskCallback: () => KEY });
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
  webSockets.on('connection', (socket) => new RpcSession(new BareTransport(socket), new Echo()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: () => portOf(server.address()) };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not a TCP socket');
  return address.port;
}

async function call(port: number) {
  const options: ClientOptions & Pick<ConnectionOptions, 'pskCallback'> = {
    ...SECURITY,
    pskCallback: () => ({ psk: KEY, identity: 'yardstick' }),
    checkServerIdentity: () => true,
    perMessageDeflate: false,
    // As our own connections do.
    generateMask: (mask) => mask.fill(0),
  };
  const socket = new WebSocket(`wss://127.0.0.1:${port}`, options);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const echo = new RpcSession<Echo>(new BareTransport(socket)).getRemoteMain();
  return {
    calls: () => rateFor(DURATION_MS, () => echo.nothing()),
    bytes: async () => CHUNK * (await rateFor(DURATION_MS, () => echo.chunk())),
  };
}
