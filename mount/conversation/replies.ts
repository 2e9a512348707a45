/** Writes replies, and reports to the source of each answer whether the kernel took it. */
import { constants } from 'node:os';
import { codeOf } from '../errno.js';
import type { Device } from '../wire/device.js';
import { Message } from '../wire/request.js';
import { OutHeader } from '../wire/structs.js';

/** The result of an operation: an errno (0: done), bytes, or bytes whose delivery matters. */
export type Answer = number | Uint8Array | Delivery;

export interface Delivery {
  readonly body: Uint8Array;
  /** Called as soon as it is known whether the kernel has taken the reply. */
  done(delivered: boolean): void;
}

/** Errors of write(2) if nobody takes the reply: the request was given up (ENOENT), or unmounted. */
const gone = new Set(['ENOENT', 'ENODEV', 'ENOTCONN', 'ECONNABORTED', 'EPERM']);

export class Replies {
  readonly #device: Device;
  readonly #onError: (error: unknown) => void;
  /** One buffer for all headers: each reply is written before the next is encoded. */
  readonly #header = new Message(Buffer.alloc(OutHeader.size));

  constructor(device: Device, onError: (error: unknown) => void) {
    this.#device = device;
    this.#onError = onError;
  }

  deliver(unique: number, answer: Answer): void {
    const failure = this.#write(unique, answer);
    this.settle(answer, failure === undefined);
    if (failure === undefined || gone.has(codeOf(failure) ?? '')) return;
    // The kernel refuses the reply as malformed. The program must not wait for ever.
    this.#onError(failure);
    this.#write(unique, constants.errno.EIO);
  }

  #write(unique: number, answer: Answer): unknown {
    const error = typeof answer === 'number' ? answer : 0;
    const body = isDelivery(answer) ? answer.body : answer;
    const payload = typeof body === 'number' ? undefined : body;
    const len = OutHeader.size + (payload?.length ?? 0);
    OutHeader.encodeInto(this.#header.view, 0, { len, error: -error, unique });
    try {
      this.#device.write(this.#header.bytes, payload);
      return undefined;
    } catch (failure) {
      return failure;
    }
  }

  /** Reports whether an answer was delivered. An answer that came too late was not. */
  settle(answer: Answer, delivered: boolean): void {
    try {
      if (isDelivery(answer)) answer.done(delivered);
    } catch (error) {
      this.#onError(error);
    }
  }
}

function isDelivery(answer: Answer): answer is Delivery {
  return typeof answer === 'object' && 'done' in answer;
}
