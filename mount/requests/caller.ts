/** One request while it is being answered, as its handler sees it. */
import type { Caller } from '../node.js';
import type { RequestBody } from '../wire/request.js';
import type { InHeader } from '../wire/structs.js';

export class RequestCaller implements Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  readonly filesOwner: number;
  readonly unique: number;
  #controller: AbortController | undefined;
  #aborted = false;
  #early: (() => void) | undefined;

  constructor(header: InHeader, request: RequestBody) {
    this.uid = header.uid;
    this.gid = header.gid;
    this.pid = header.pid;
    const withOwner = request.op === 'WRITE' || request.op === 'FLUSH';
    this.filesOwner = withOwner ? request.args.lock_owner : 0;
    this.unique = header.unique;
  }

  /** Made when it is first asked for: most requests are answered without. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Has `answer` answer the request before it is done, if its program is to be stopped. */
  set early(answer: () => void) {
    this.#early = answer;
  }

  /** @returns Whether the request can be, and will be, answered before it is done. */
  answerEarly(): boolean {
    this.#early?.();
    return this.#early !== undefined;
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }
}
