import { RpcTarget } from 'capnweb';
import { CircuitError } from '../error.js';
import type { Member } from './circuit.js';

/**
 * A peer's wait for the next change of a member's anchors. It has heard of the change when it
 * lets go of this; if it does so before, or is cut off, it is not told.
 */
export class ChangeTarget extends RpcTarget implements Disposable {
  readonly #changed: Promise<void>;
  readonly #following: Disposable;
  #letGo: () => void = () => {};

  constructor(member: Member) {
    super();
    const released = new Promise<void>((resolve) => {
      this.#letGo = resolve;
    });
    let tell = () => {};
    this.#changed = new Promise((resolve, reject) => {
      tell = resolve;
      released.then(() => reject(new CircuitError('EINTR', 'let go')));
    });
    this.#changed.catch(() => {});
    this.#following = member.follow(() => {
      tell();
      return released;
    });
  }

  /** Resolves when something has changed since this was made. @throws CircuitError EINTR */
  told(): Promise<void> {
    return this.#changed;
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#letGo();
  }
}
