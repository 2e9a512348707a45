import { MAX_LOCAL_HEALTH } from './parameters.js';

/**
 * How far we trust our own eyes: Lifeguard's "local health multiplier" (section IV-A). A
 * member that is slow, or badly connected, finds others silent that are well; the more
 * often that happens, the longer it waits before it says so.
 */
export class LocalHealth {
  #score = 0;

  /** What our own time-outs are multiplied with, from 1. */
  get multiplier(): number {
    return this.#score + 1;
  }

  /** One that we dialled has answered. */
  good(): void {
    this.#score = Math.max(0, this.#score - 1);
  }

  /** One that we found silent is well, as others say; or nobody whom we asked has answered. */
  bad(): void {
    this.#score = Math.min(MAX_LOCAL_HEALTH, this.#score + 1);
  }
}
