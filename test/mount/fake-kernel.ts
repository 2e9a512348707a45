/** A device without a kernel: tests put requests in as bytes, and take replies out. */

export { encodeName } from '../../mount/wire/encoding.js';

import { KERNEL_VERSION, Opcode } from '../../mount/wire/constants.js';
import type { Device } from '../../mount/wire/device.js';
import { encodeRequest as encode } from '../../mount/wire/encoding.js';
import { Message } from '../../mount/wire/request.js';
import { InitIn, InitInExtension, OutHeader } from '../../mount/wire/structs.js';

export interface Reply {
  readonly unique: number;
  /** An errno, positive; 0 for success. */
  readonly error: number;
  readonly body: Buffer;
}

export interface RequestOptions {
  readonly unique?: number;
  readonly nodeid?: number;
  /** The thread that makes the request; by default one that /proc does not show. */
  readonly pid?: number;
  /** The length in the header; by default the real one. */
  readonly len?: number;
}

/** Encodes a request as the kernel does. */
export function encodeRequest(
  opcode: number,
  parts: readonly Uint8Array[] = [],
  { unique = 1, nodeid = 1, pid = 0, len }: RequestOptions = {},
): Buffer {
  const header = { opcode, unique, nodeid, pid };
  return encode(len === undefined ? header : { ...header, len }, parts);
}

export function encodeInit(minor: number, flags = 0, flags2 = 0): Buffer {
  const init = InitIn.encode({ major: KERNEL_VERSION, minor, max_readahead: 131072, flags });
  const extension = InitInExtension.encode({ flags2 });
  return encodeRequest(Opcode.INIT, [init, extension, Buffer.alloc(44)]);
}

export class FakeKernel implements Device {
  readonly replies: Reply[] = [];
  /** Notifications written at once, and those written on the thread pool. */
  readonly notifications: Buffer[] = [];
  readonly queued: { readonly message: Buffer; finish(error?: Error): void }[] = [];
  /** The code with which writes of replies fail. */
  refuse: string | undefined;
  closed = false;
  #refuseOnce: string | undefined;
  readonly #requests: (Uint8Array | Error)[] = [];
  #ready: () => void = () => undefined;
  #arrived: () => void = () => undefined;

  /** Puts a request in, which is read at once. */
  send(request: Uint8Array): void {
    this.#requests.push(request);
    this.#ready();
  }

  /** Puts a request in, which is read together with the next one. */
  sendUnnoticed(request: Uint8Array): void {
    this.#requests.push(request);
  }

  /** Makes read(2) fail as after an unmount. */
  unmount(): void {
    this.#requests.push(Object.assign(new Error('unmounted'), { code: 'ENODEV' }));
    this.#ready();
  }

  reply(unique: number): Reply | undefined {
    return this.replies.find((reply) => reply.unique === unique);
  }

  /** The next write of a reply fails with this code. */
  refuseOnce(code: string): void {
    this.#refuseOnce = code;
  }

  /** Waits until a reply to that request has been written. */
  async replyTo(unique: number): Promise<Reply> {
    for (;;) {
      const reply = this.reply(unique);
      if (reply !== undefined) return reply;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  read(into: Uint8Array): number {
    const next = this.#requests.shift();
    if (next === undefined) return 0;
    if (next instanceof Error) throw next;
    into.set(next);
    return next.length;
  }

  write(header: Uint8Array, payload: Uint8Array = new Uint8Array(0)): void {
    const { len, error, unique } = OutHeader.decode(new Message(header).view);
    if (unique === 0) {
      this.notifications.push(Buffer.from(header));
      return;
    }
    const once = this.#refuseOnce;
    this.#refuseOnce = undefined;
    if (once !== undefined) throw Object.assign(new Error('refused'), { code: once });
    if (this.refuse !== undefined) throw Object.assign(new Error('refused'), { code: this.refuse });
    if (len !== header.length + payload.length) throw new Error('EINVAL: wrong length');
    this.replies.push({ unique, error: error === 0 ? 0 : -error, body: Buffer.from(payload) });
    this.#arrived();
  }

  queuedWrite(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => (error === undefined ? resolve() : reject(error));
      this.queued.push({ message: Buffer.from(message), finish });
    });
  }

  watch(ready: () => void): void {
    this.#ready = ready;
  }

  close(): void {
    this.closed = true;
  }
}
