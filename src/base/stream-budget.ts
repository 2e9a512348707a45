const KIB = 1024;

/** How many bytes all streams of this process together may hold in their buffers. */
const LIMIT = 16 * 1024 * KIB;

/**
 * One stream may hold a part of what is free. So a few streams have much, many have less each, and
 * something is always left for the next: Dynamic Thresholds (Choudhury and Hahne, "Dynamic Queue
 * Length Thresholds for Shared-Memory Packet Switches", IEEE/ACM Transactions on Networking 6(2),
 * 1998).
 */
const SHARE = 1 / 4;

/** The sizes of one read or request, in bytes: a stream among many gets a smaller one. */
export const CHUNKS = [512 * KIB, 256 * KIB, 128 * KIB, 64 * KIB] as const;

let held = 0;

/** Accounts for the bytes of one stream. */
export class StreamBudget {
  #held = 0;

  /** How much the stream may read or ask for at once: one of {@link CHUNKS}, or nothing. */
  get chunk(): number {
    const room = (LIMIT - held) * SHARE - this.#held;
    return CHUNKS.find((size) => size <= room) ?? 0;
  }

  take(bytes: number): void {
    this.hold(this.#held + bytes);
  }

  giveBack(bytes: number): void {
    this.hold(this.#held - bytes);
  }

  /** Sets how many bytes the stream holds now. */
  hold(bytes: number): void {
    held += bytes - this.#held;
    this.#held = bytes;
  }
}
