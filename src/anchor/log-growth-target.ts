import { RpcTarget } from 'capnweb';
import type { Member } from './circuit.js';
import { Release } from './release.js';

/** A peer's wait for what is logged next. Whoever lets it go, or is cut off, ends the wait. */
export class LogGrowthTarget extends RpcTarget implements Disposable {
  readonly #member: Member;
  readonly #release = new Release();

  constructor(member: Member) {
    super();
    this.#member = member;
  }

  async beyond(offset: number): Promise<void> {
    await this.#release.whileHeld((signal) => this.#member.whenLogged(Number(offset), signal));
  }

  [Symbol.dispose](): void {
    this.#release.run();
  }
}
