import { RpcTarget } from 'capnweb';
import type { Log, LogExtent, LogPiece } from '../kinds/control-file.js';
import type { FlowControl } from '../transport/flow-control.js';
import { sizeFrom } from './arguments.js';
import { Release } from './release.js';

/** A log, as a peer may read it. A peer that disposes it, or is cut off, ends its wait. */
export class LogTarget extends RpcTarget implements Disposable {
  readonly #log: Log;
  readonly #flow: FlowControl;
  readonly #release = new Release();

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
    await this.#release.whileHeld((signal) => this.#log.whenBeyond(Number(offset), signal));
  }

  [Symbol.dispose](): void {
    this.#release.run();
  }
}
