const KIB = 1024;

/** How much the streams of this process may hold in their buffers, all together, in bytes. */
const LIMIT = 16 * 1024 * KIB;

/**
 * One stream may hold a part of what is free. So a few have much, many have less each,
 * and there is always something left for the next: Dynamic Thresholds (Choudhury and Hahne,
 * "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", IEEE/ACM Transactions on
 * Networking 6(2), 1998).
 */
const SHARE = 1 / 4;

/** The sizes of what is read or asked for at once: a stream among many has less, in bytes. */
export const CHUNKS = [512 * KIB, 256 * KIB, 128 * KIB, 64 * KIB] as const;

let held = 0;

/** Accounts for what one stream holds of the bytes that all may hold. */
export class StreamBudget {
  #held = 0;

  /** How much it may read or ask for at once now, one of {@link CHUNKS}, or nothing. */
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

  /** It holds so many bytes now. */
  hold(bytes: number): void {
    held += bytes - this.#held;
    this.#held = bytes;
  }
}
