/** One request while it is being answered, as its handler sees it. */
import type { Caller } from './node.js';
import type { InHeader } from './wire/structs.js';

export class RequestCaller implements Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  readonly unique: number;
  #controller: AbortController | undefined;
  #aborted = false;

  constructor(header: InHeader) {
    this.uid = header.uid;
    this.gid = header.gid;
    this.pid = header.pid;
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

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }
}
