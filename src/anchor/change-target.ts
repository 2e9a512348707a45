import { RpcTarget } from 'capnweb';
import type { Member } from './circuit.js';

/**
 * A peer's wait for the next change of a member's anchors. It has heard of the change when it
 * lets go of this; if it does so before, or is cut off, it is not told.
 */
export class ChangeTarget extends RpcTarget implements Disposable {
  readonly #told: Promise<void>;
  readonly #following: Disposable;
  #heard: () => void = () => {};

  constructor(member: Member) {
    super();
    let tell = () => {};
    this.#told = new Promise((resolve) => {
      tell = resolve;
    });
    const heard = new Promise<void>((resolve) => {
      this.#heard = resolve;
    });
    this.#following = member.follow(() => {
      tell();
      return heard;
    });
  }

  /** Resolves when something is about to change. */
  told(): Promise<void> {
    return this.#told;
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#heard();
  }
}
