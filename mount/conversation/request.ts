/** One request while it is being answered, as its handler sees it. */
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
  /** Answers the request before it is done, since its program is to be stopped. */
  answerEarly: (() => void) | undefined;
  #controller: AbortController | undefined;
  #aborted: Error | undefined;

  constructor({ unique, nodeid, uid, gid, pid }: InHeader) {
    this.unique = unique;
    this.nodeid = nodeid;
    this.uid = uid;
    this.gid = gid;
    this.pid = pid;
  }

  /** Made when it is first asked for: most requests are answered without. */
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

  /** @throws EINTR where the request is aborted. */
  throwIfAborted(): void {
    if (this.#aborted) throw this.#aborted;
  }

  abort(): void {
    this.#aborted ??= errorWith('EINTR', 'interrupted');
    this.#controller?.abort(this.#aborted);
  }
}
