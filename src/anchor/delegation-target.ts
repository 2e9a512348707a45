import { RpcTarget } from 'capnweb';
import type { Member } from './circuit.js';

/**
 * A peer's delegation of a member's anchors. The peer has returned it when it disposes this; if it
 * does so before it is recalled, or is cut off, it is not recalled.
 */
export class DelegationTarget extends RpcTarget implements Disposable {
  readonly #recalled: Promise<void>;
  readonly #delegation: Disposable;
  #return: () => void = () => {};

  constructor(member: Member) {
    super();
    let recall = () => {};
    this.#recalled = new Promise((resolve) => {
      recall = resolve;
    });
    const returned = new Promise<void>((resolve) => {
      this.#return = resolve;
    });
    this.#delegation = member.delegate(() => {
      recall();
      return returned;
    });
  }

  /** Resolves when something is about to change. */
  recalled(): Promise<void> {
    return this.#recalled;
  }

  [Symbol.dispose](): void {
    this.#delegation[Symbol.dispose]();
    this.#return();
  }
}
