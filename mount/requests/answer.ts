/** What an operation answers. */

/** An errno (0: done, nothing to tell), bytes, or bytes with a consequence. */
export type Answer = number | Uint8Array | Delivery;

export interface Delivery {
  readonly body: Uint8Array;
  /** Called when it is known whether the kernel has taken the reply. */
  done(delivered: boolean): void;
}
