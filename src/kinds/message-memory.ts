import { type CircuitError, wouldWait } from '../base/error.js';
import { freed } from '../base/garbage.js';
import { Listeners } from '../base/listeners.js';

const MIB = 1024 * 1024;

/** The most bytes of one message that wait for its receiver. */
export const MAX_WAITING = 64 * 1024;

/**
 * While the messages of all channels of a daemon hold less than this, one more piece may be
 * added, in bytes: so they go at most one piece beyond it, and so do all bounds here.
 */
export const MAX_HELD = 256 * MIB;

/** The part of it that is left to programs of this host, so that no peer takes all of it, in bytes. */
export const LEFT_TO_HOST = 64 * MIB;

/** The most that the messages of one connection hold, in bytes. */
export const MAX_HELD_OF_CONNECTION = 64 * MIB;

/**
 * The part of the rest that is left to connections whose messages hold less than {@link SMALL}, in
 * bytes, so that a few that hold much do not stop the others. It is bounded, since the messages of a
 * connection stay when it is gone, and a peer that connects anew is small again each time.
 */
const LEFT_TO_SMALL = 16 * MIB;

const SMALL = MIB;

/**
 * Beyond the bounds, the messages that a receiver has emptied may still hold this together, in
 * bytes: their receivers can go on to the next message, and free its memory, only when they end.
 */
const LEFT_TO_AWAITED = 8 * MIB;

/** The size of a piece that such a message may still add when that is used up, in bytes. */
const LEAST_PIECE = 256;

/** The cost of a message beside its bytes: V8's heap grows by as much for each that waits. */
export const MESSAGE_OVERHEAD = 2048;

/** Memory is given back to the kernel when so much less is held than there was, in bytes. */
const RETURN_AFTER = 16 * MIB;

/** The bytes that the messages of one sender, or of all, may hold while it adds to them. */
interface Bounds {
  /** The limit of this share alone. */
  readonly own: number;
  /** The limit of all shares together. */
  readonly all: number;
  /** The limit of all together for a share that holds less than {@link SMALL}. */
  readonly allForSmall: number;
}

/** The memory that the messages of a daemon's channels hold, in shares: one for each connection. */
export class MessageMemory {
  #held = 0;
  /** The most that was held since memory was given back last. */
  #peak = 0;
  readonly #listeners = new Listeners();

  /** For the messages of this host's programs. */
  ofHost(): MessageShare {
    return new MessageShare(this, { own: MAX_HELD, all: MAX_HELD, allForSmall: MAX_HELD });
  }

  /** For the messages that come over one connection. */
  ofConnection(): MessageShare {
    const all = MAX_HELD - LEFT_TO_HOST;
    return new MessageShare(this, {
      own: MAX_HELD_OF_CONNECTION,
      all: all - LEFT_TO_SMALL,
      allForSmall: all,
    });
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
    this.#listeners.tell();
  }

  /** @param listener Called whenever there is more room. */
  onRoom(listener: () => void): Disposable {
    return this.#listeners.add(listener);
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

  /**
   * The most bytes that the next piece of a message may have; none if there is no room.
   * @param isAwaited A receiver has the message and has read all that was written, so that
   *   nothing but the next piece lets it go on.
   */
  roomFor(isAwaited: boolean): number {
    const room = Math.min(this.#bounds.own - this.#held, this.#boundOfAll - this.#memory.held);
    if (room > 0) return Number.POSITIVE_INFINITY;
    if (!isAwaited) return 0;
    return room + LEFT_TO_AWAITED > 0 ? MAX_WAITING : LEAST_PIECE;
  }

  /** A message holds so many bytes more. */
  hold(bytes: number): void {
    this.#held += bytes;
    this.#memory.change(bytes);
  }

  /** A message holds so many bytes less. */
  free(bytes: number): void {
    this.#held -= bytes;
    this.#memory.change(-bytes);
  }

  /** @param listener Called whenever there is more room. */
  onRoom(listener: () => void): Disposable {
    return this.#memory.onRoom(listener);
  }

  get #boundOfAll(): number {
    return this.#held < SMALL ? this.#bounds.allForSmall : this.#bounds.all;
  }

  /** Why there is no room: EAGAIN, naming the bound. */
  full(): CircuitError {
    const { own } = this.#bounds;
    const all = this.#boundOfAll;
    const [bound, whose] =
      this.#held >= own && own < all
        ? [own, 'that came over this connection']
        : [all, 'in the channels of this daemon'];
    return wouldWait(
      `the messages ${whose} hold ${bound / MIB} MiB, and no more until some are received`,
    );
  }
}

/** For messages that are bounded otherwise, as events are by their number. */
export const UNBOUNDED = new MessageShare(new MessageMemory(), {
  own: Number.POSITIVE_INFINITY,
  all: Number.POSITIVE_INFINITY,
  allForSmall: Number.POSITIVE_INFINITY,
});
