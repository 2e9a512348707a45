import { MAX_LOCAL_HEALTH } from './parameters.js';

/**
 * How far we trust our own probes: Lifeguard's "local health multiplier" (section IV-A). A member
 * that is slow or badly connected finds others silent that are not. The more often that happens,
 * the longer it waits before it accuses another.
 */
export class LocalHealth {
  #score = 0;

  /** The factor for our own time-outs, from 1. */
  get multiplier(): number {
    return this.#score + 1;
  }

  /** A member that we dialled has answered. */
  good(): void {
    this.#score = Math.max(0, this.#score - 1);
  }

  /** Others reached a member that we found silent, or none of those that we asked has answered. */
  bad(): void {
    this.#score = Math.min(MAX_LOCAL_HEALTH, this.#score + 1);
  }
}
