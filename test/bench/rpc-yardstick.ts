/**
 * Two processes of their own: `rpc-yardstick serve` prints an address; `rpc-yardstick call
 * ADDRESS` calls it by Cap'n Web over a WebSocket over TLS with nothing of ours between, and
 * prints a line for each figure: its name, a tab, and how much a second. What this machine
 * gives, against which our own figures are to be seen.
 */
import { RpcSession, RpcTarget, type RpcTransportWithCustomEncoding } from 'capnweb';
import { Packr } from 'msgpackr';
import type { WebSocket } from 'ws';
import { Address } from '../../src/base/address.js';
import { dial } from '../../src/transport/dial.js';
import { Listener } from '../../src/transport/listener.js';

const CALLS = 4_000;
/** How many times as many run before those that count: V8 compiles on for some 15,000 calls. */
const WARM_UPS = 4;
const CHUNK = 128 * 1024;
const CHUNKS = 2_000;

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

const [verb, text = ''] = process.argv.slice(2);
if (verb === 'serve') await serve();
else await callAll(Address.parse(text));

async function serve(): Promise<void> {
  const own = Address.parse(`circuit://127.0.0.1:1/${process.pid}/Q${'5'.repeat(32)}`);
  const listener = await Listener.listen(
    { host: '127.0.0.1', port: 0, secret: own.secret },
    (socket) => new RpcSession(new BareTransport(socket), new Echo()),
  );
  process.stdout.write(`${own.toString().replace(':1/', `:${listener.port}/`)}\n`);
}

async function callAll(address: Address): Promise<void> {
  const socket = await dial(address, {});
  const echo = new RpcSession<Echo>(new BareTransport(socket)).getRemoteMain();
  await print('calls', CALLS, () => echo.nothing());
  await print('bytes', CHUNKS, () => echo.chunk(), CHUNK);
  socket.terminate();
}

/** One after the other, when the code has been compiled. */
async function print(
  what: string,
  count: number,
  run: () => PromiseLike<unknown>,
  unit = 1,
): Promise<void> {
  for (let i = 0; i < WARM_UPS * count; i += 1) await run();
  const started = performance.now();
  for (let i = 0; i < count; i += 1) await run();
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${what}\t${(count * unit) / seconds}\n`);
}
