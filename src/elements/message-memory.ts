import { type CircuitError, wouldWait } from '../error.js';
import { freed } from '../garbage.js';

const MIB = 1024 * 1024;

/** Bytes that the messages of all channels of a daemon hold of its memory at most. */
export const MAX_HELD = 256 * MIB;

/** How much of that only programs of this host may use, so that no peer takes all of it, in bytes. */
export const LEFT_TO_HOST = 64 * MIB;

/** Bytes that the messages of one connection hold at most. */
export const MAX_HELD_OF_CONNECTION = 64 * MIB;

/**
 * A sender whose messages hold less than this may always add a piece, in bytes: however much the
 * others hold, it goes on. A connection costs as much by itself.
 */
const ALWAYS_FREE = MIB;

/** Bytes that a message takes beside its own: V8's heap grows by as much for each that waits. */
export const MESSAGE_OVERHEAD = 2048;

/** After so many bytes less than there were, memory is given back to the kernel, in bytes. */
const RETURN_AFTER = 16 * MIB;

/** The bytes that one sender, or all of one kind, may hold. */
interface Bounds {
  /** The limit of this share alone. */
  readonly own: number;
  /** The limit of all shares together. */
  readonly all: number;
}

/** The memory that the messages of a daemon's channels hold, in shares: one for each connection. */
export class MessageMemory {
  #held = 0;
  /** The most that was held since memory was given back last. */
  #peak = 0;
  readonly #listeners = new Set<() => void>();

  /** For the messages of this host's programs. */
  ofHost(): MessageShare {
    return new MessageShare(this, { own: MAX_HELD, all: MAX_HELD });
  }

  /** For the messages that come over one connection. */
  ofConnection(): MessageShare {
    return new MessageShare(this, { own: MAX_HELD_OF_CONNECTION, all: MAX_HELD - LEFT_TO_HOST });
  }

  get held(): number {
    return this.#held;
  }

  /** @param bytes More of them, or fewer. */
  change(bytes: number): void {
    this.#held += bytes;
    this.#peak = Math.max(this.#peak, this.#held);
    if (bytes >= 0) return;
    if (this.#peak - this.#held >= RETURN_AFTER) {
      this.#peak = this.#held;
      freed();
    }
    for (const listener of this.#listeners) listener();
  }

  /** Told whenever there is more room. */
  onRoom(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }
}

/** Accounts for the messages of one sender. */
export class MessageShare {
  readonly #memory: MessageMemory;
  readonly #bounds: Bounds;
  #held = 0;

  constructor(memory: MessageMemory, bounds: Bounds) {
    this.#memory = memory;
    this.#bounds = bounds;
  }

  /** Whether so many bytes more may be held. */
  hasRoom(bytes: number): boolean {
    if (this.#held < ALWAYS_FREE) return true;
    const { own, all } = this.#bounds;
    return this.#held + bytes <= own && this.#memory.held + bytes <= all;
  }

  /** @throws CircuitError EAGAIN, naming the bound, where so many bytes more may not be held. */
  checkRoom(bytes: number): void {
    if (!this.hasRoom(bytes)) throw this.#full(bytes);
  }

  hold(bytes: number): void {
    this.#held += bytes;
    this.#memory.change(bytes);
  }

  free(bytes: number): void {
    this.#held -= bytes;
    this.#memory.change(-bytes);
  }

  /** As {@link MessageMemory.onRoom}. */
  onRoom(listener: () => void): Disposable {
    return this.#memory.onRoom(listener);
  }

  #full(bytes: number): CircuitError {
    const { own, all } = this.#bounds;
    const [bound, whose] =
      this.#held + bytes > own && own < all
        ? [own, 'that came over this connection']
        : [all, 'in the channels of this daemon'];
    return wouldWait(
      `the messages ${whose} hold ${bound / MIB} MiB, and no more until some are received`,
    );
  }
}

/** For what is bounded otherwise, as events are by their number. */
export const UNBOUNDED = new MessageShare(new MessageMemory(), {
  own: Number.POSITIVE_INFINITY,
  all: Number.POSITIVE_INFINITY,
});
