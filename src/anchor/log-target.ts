import { RpcTarget } from 'capnweb';
import type { Log, LogExtent, LogPiece } from '../kinds/control-file.js';
import type { FlowControl } from '../transport/flow-control.js';
import { sizeFrom } from './arguments.js';

/** A log, as a peer may read it. A peer that disposes it, or is cut off, ends its wait. */
export class LogTarget extends RpcTarget implements Disposable {
  readonly #log: Log;
  readonly #flow: FlowControl;
  readonly #gone = new AbortController();

  constructor(log: Log, flow: FlowControl) {
    super();
    this.#log = log;
    this.#flow = flow;
  }

  extent(): Promise<LogExtent> {
    return this.#log.extent();
  }

  async read(offset: number, size: number): Promise<LogPiece> {
    return await this.#log.read(Number(offset), Math.min(sizeFrom(size), this.#flow.chunk));
  }

  async whenBeyond(offset: number): Promise<void> {
    await this.#log.whenBeyond(Number(offset), this.#gone.signal);
  }

  [Symbol.dispose](): void {
    this.#gone.abort();
  }
}
