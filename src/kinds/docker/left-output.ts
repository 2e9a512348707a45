const MIB = 1024 * 1024;

/** How many bytes the outputs of all containers of a daemon together may leave in its memory. */
const MAX_LEFT = 64 * MIB;

/**
 * The most that an engine can still hold of one output of a container that has ended: the pipe's 64 KiB, a
 * million bytes of its own (pkg/ioutils/bytespipe.go) and the socket's, or a pipe made as large as can be.
 */
const MAX_LEFT_OF_OUTPUT = 4 * MIB;

/** One output may leave a part of what is free, so that something is left for the next: see StreamBudget. */
const SHARE = 1 / 4;

/** The memory for output that no reader has asked for and that the engine keeps no longer. */
export class LeftOutput {
  readonly #limit: number;
  #held = 0;

  /** @param limit In bytes. */
  constructor(limit = MAX_LEFT) {
    this.#limit = limit;
  }

  /** The account of one output. */
  share(): LeftShare {
    return new LeftShare(this);
  }

  /** How many bytes are free. */
  get free(): number {
    return this.#limit - this.#held;
  }

  /** @param bytes How many are held more, or less. */
  change(bytes: number): void {
    this.#held += bytes;
  }
}

/** Accounts for what one output has left. */
export class LeftShare {
  readonly #memory: LeftOutput;
  #held = 0;

  constructor(memory: LeftOutput) {
    this.#memory = memory;
  }

  /** Whether more may be held: one piece, which may go beyond the limits. */
  get hasRoom(): boolean {
    return this.#held < Math.min(MAX_LEFT_OF_OUTPUT, this.#memory.free * SHARE);
  }

  /** Sets how many bytes it holds now. */
  hold(bytes: number): void {
    this.#memory.change(bytes - this.#held);
    this.#held = bytes;
  }
}
