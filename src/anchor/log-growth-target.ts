import { RpcTarget } from 'capnweb';
import type { Member } from './circuit.js';

/** A peer's wait for what is logged next. Whoever lets it go, or is cut off, ends the wait. */
export class LogGrowthTarget extends RpcTarget implements Disposable {
  readonly #member: Member;
  readonly #released = new AbortController();

  constructor(member: Member) {
    super();
    this.#member = member;
  }

  async beyond(offset: number): Promise<void> {
    await this.#member.whenLogged(Number(offset), this.#released.signal);
  }

  [Symbol.dispose](): void {
    this.#released.abort();
  }
}
