/**
 * The device of a connection that no kernel writes requests to: they are made of calls, as the library
 * gives us, and each call gets its reply.
 *
 * So the same connection serves both hosts. It answers each request once; a request that takes too long is
 * interrupted as the kernel would interrupt it, and a reply that comes later is refused as the kernel
 * would refuse it, so that its bytes go back to where they came from.
 */
import { constants } from 'node:os';
import { errorWith } from '../errno.js';
import { KERNEL_MINOR_VERSION, KERNEL_VERSION, Opcode } from '../wire/constants.js';
import type { Device } from '../wire/device.js';
import { encodeRequest } from '../wire/encoding.js';
import { InitIn, InterruptIn, OutHeader } from '../wire/structs.js';

const { ENOTCONN } = constants.errno;

export interface Reply {
  /** An errno, positive; 0 for success. */
  readonly error: number;
  readonly body: Buffer;
}

export interface CalledDeviceOptions {
  /** For all requests. */
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds until a request is interrupted. */
  readonly timeoutMs: number;
  /** Called once, when the connection closes the device. */
  readonly closed: () => void;
}

export class CalledDevice implements Device {
  readonly #options: CalledDeviceOptions;
  readonly #requests: Uint8Array[] = [];
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #ready: () => void = () => undefined;
  #lastUnique = 0;
  #state: 'open' | 'unmounted' | 'closed' = 'open';

  constructor(options: CalledDeviceOptions) {
    this.#options = options;
    const version = { major: KERNEL_VERSION, minor: KERNEL_MINOR_VERSION };
    void this.ask(Opcode.INIT, 0, [InitIn.encode(version)], true);
  }

  /**
   * Makes a request.
   * @param parts What follows the header.
   * @param unbounded Whether it may take as long as it likes.
   */
  ask(
    opcode: number,
    nodeid: number,
    parts: readonly Uint8Array[] = [],
    unbounded = false,
  ): Promise<Reply> {
    if (this.#state !== 'open') return Promise.resolve({ error: ENOTCONN, body: Buffer.alloc(0) });
    return new Promise((resolve) => {
      const unique = this.#send(opcode, nodeid, parts, resolve);
      // Most requests are answered by now.
      if (unbounded || !this.#waiting.has(unique)) return;
      const interrupt = () => this.#send(Opcode.INTERRUPT, 0, [InterruptIn.encode({ unique })]);
      const timer = setTimeout(interrupt, this.#options.timeoutMs);
      this.#waiting.set(unique, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
    });
  }

  /** Makes a request that gets no reply. */
  tell(opcode: number, nodeid: number, parts: readonly Uint8Array[]): void {
    if (this.#state === 'open') this.#send(opcode, nodeid, parts);
  }

  /** The file system has been unmounted from outside. */
  unmounted(): void {
    if (this.#state !== 'open') return;
    this.#state = 'unmounted';
    this.#ready();
  }

  read(into: Uint8Array): number {
    const request = this.#requests.shift();
    if (request === undefined) {
      if (this.#state === 'unmounted') throw errorWith('ENODEV', 'it was unmounted');
      return 0;
    }
    into.set(request);
    return request.length;
  }

  write(header: Uint8Array, payload?: Uint8Array): void {
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const { error, unique } = OutHeader.decode(view);
    // A notification: this host's kernel remembers nothing.
    if (unique === 0) return;
    const resolve = this.#waiting.get(unique);
    if (resolve === undefined) throw errorWith('ENOENT', 'the request was given up');
    this.#waiting.delete(unique);
    // The payload may be used again.
    resolve({ error: -error, body: Buffer.from(payload ?? []) });
  }

  async queuedWrite(): Promise<void> {}

  watch(ready: () => void): void {
    this.#ready = ready;
    ready();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#requests.length = 0;
    for (const resolve of waiting) resolve({ error: ENOTCONN, body: Buffer.alloc(0) });
    this.#options.closed();
  }

  /** @param resolve Takes the reply, if there is to be one. */
  #send(
    opcode: number,
    nodeid: number,
    parts: readonly Uint8Array[],
    resolve?: (reply: Reply) => void,
  ): number {
    this.#lastUnique += 1;
    const unique = this.#lastUnique;
    const { uid, gid } = this.#options;
    if (resolve) this.#waiting.set(unique, resolve);
    this.#requests.push(encodeRequest({ opcode, unique, nodeid, uid, gid }, parts));
    this.#ready();
    return unique;
  }
}
