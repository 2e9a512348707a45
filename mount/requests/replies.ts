/** Writes replies, and tells who gave an answer whether the kernel has taken it. */
import { constants } from 'node:os';
import { codeOf } from '../errno.js';
import type { Device } from '../wire/device.js';
import { encodeReplyHeader } from '../wire/reply.js';
import { Message } from '../wire/request.js';
import { OutHeader } from '../wire/structs.js';
import type { Answer, Delivery } from './answer.js';

/** What a write says when there is nobody to take it: withdrawn (ENOENT), or unmounted. */
const gone = new Set(['ENOENT', 'ENODEV', 'ENOTCONN', 'ECONNABORTED', 'EPERM']);

export class Replies {
  readonly #device: Device;
  readonly #onError: (error: unknown) => void;
  /** One for all: a reply is written before the next is made. */
  readonly #header = new Message(Buffer.alloc(OutHeader.size));

  constructor(device: Device, onError: (error: unknown) => void) {
    this.#device = device;
    this.#onError = onError;
  }

  deliver(unique: number, answer: Answer): void {
    const delivery = deliveryOf(answer);
    const body = delivery?.body ?? (answer instanceof Uint8Array ? answer : undefined);
    const error = typeof answer === 'number' ? answer : 0;
    const failure = this.#write(unique, error, body);
    if (failure === undefined) {
      this.#done(delivery, true);
      return;
    }
    this.#done(delivery, false);
    if (gone.has(codeOf(failure) ?? '')) return;
    // The kernel refuses the reply itself. The program must not wait for ever for another.
    this.#onError(failure);
    this.#write(unique, constants.errno.EIO, undefined);
  }

  /** An answer that nobody waits for any more. */
  undelivered(answer: Answer): void {
    this.#done(deliveryOf(answer), false);
  }

  /** Writes a notification that takes no lock in the kernel. */
  notify(message: Uint8Array): void {
    try {
      this.#device.write(message);
    } catch (error) {
      if (!gone.has(codeOf(error) ?? '')) this.#onError(error);
    }
  }

  #write(unique: number, error: number, body: Uint8Array | undefined): unknown {
    encodeReplyHeader(this.#header.view, unique, body?.length ?? 0, error);
    try {
      this.#device.write(this.#header.bytes, body);
      return undefined;
    } catch (failure) {
      return failure;
    }
  }

  #done(delivery: Delivery | undefined, delivered: boolean): void {
    try {
      delivery?.done(delivered);
    } catch (error) {
      this.#onError(error);
    }
  }
}

function deliveryOf(answer: Answer): Delivery | undefined {
  return typeof answer === 'object' && 'done' in answer ? answer : undefined;
}
