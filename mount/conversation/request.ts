/** A request that is being answered, as nodes and handles see it. */
import { errorWith } from '../errno.js';
import type { Caller } from '../node.js';
import type { InHeader } from '../wire/structs.js';

export class Request implements Caller {
  readonly unique: number;
  readonly nodeid: number;
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  filesOwner = 0;
  /** Answers the request before it is done, so that its program can stop. */
  answerEarly: (() => void) | undefined;
  /** The answer to a write that is done, and waits only for the kernel to be notified. */
  written: Uint8Array | undefined;
  #controller: AbortController | undefined;
  #aborted: Error | undefined;

  constructor({ unique, nodeid, uid, gid, pid }: InHeader) {
    this.unique = unique;
    this.nodeid = nodeid;
    this.uid = uid;
    this.gid = gid;
    this.pid = pid;
  }

  /** Made at its first use: most requests are answered without a signal. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  /** @throws EINTR if the request is aborted. */
  throwIfAborted(): void {
    if (this.#aborted) throw this.#aborted;
  }

  abort(): void {
    this.#aborted ??= errorWith('EINTR', 'interrupted');
    this.#controller?.abort(this.#aborted);
  }
}
