import { CircuitError } from '../../../base/error.js';
import { excerpt } from '../records/invalid.js';
import type { DomainName } from '../records/name.js';

/** The size of records, as far as it is bounded. */
export interface Size {
  /** The part of the file `peek`, in bytes. */
  readonly shownBytes: number;
  /** Names, with those above them. */
  readonly names: number;
}

const NOTHING: Size = { shownBytes: 0, names: 0 };

/**
 * The most that a name server has. Its `peek` goes to another member in one message, of 8 MiB at most, and
 * beside the records that are set it has those of members. A deep name has a hundred above it.
 */
export const MAX_SIZE: Size = { shownBytes: 7 * 1024 * 1024, names: 250_000 };

/** The most that all name servers of a daemon have: some 350 MB of memory. */
export const MAX_SIZE_OF_ALL: Size = { shownBytes: 21 * 1024 * 1024, names: 750_000 };

/** The size of all name servers of a daemon. */
export class SizeOfAll {
  #size = NOTHING;

  get size(): Size {
    return this.#size;
  }

  /** One of them has another size. */
  change(from: Size, to: Size): void {
    this.#size = sum(this.#size, {
      shownBytes: to.shownBytes - from.shownBytes,
      names: to.names - from.names,
    });
  }
}

/** The part of it that one name server has. */
export class Room {
  readonly #all: SizeOfAll;
  #size = NOTHING;

  constructor(all: SizeOfAll) {
    this.#all = all;
  }

  hold(size: Size): void {
    this.#all.change(this.#size, size);
    this.#size = size;
  }

  /** It has ended. */
  release(): void {
    this.hold(NOTHING);
  }

  /**
   * Checks that there is room for a record more.
   * @throws CircuitError ENOSPC
   */
  check(owner: DomainName, more: Size): void {
    const why =
      beyond(sum(this.#size, more), MAX_SIZE, 'this name server') ??
      beyond(sum(this.#all.size, more), MAX_SIZE_OF_ALL, 'the name servers of this daemon');
    if (why === undefined) return;
    const name = excerpt(String(owner));
    throw new CircuitError('ENOSPC', `no room for the record of ${name}: ${why}; unset some`);
  }
}

/** Why a size is too much, if it is. */
function beyond(size: Size, most: Size, whose: string): string | undefined {
  if (size.shownBytes > most.shownBytes) {
    return `the records of ${whose} would take more than ${most.shownBytes} bytes in peek`;
  }
  if (size.names > most.names) {
    return `${whose} would have more than ${most.names} names, with those above them`;
  }
  return undefined;
}

function sum(one: Size, other: Size): Size {
  return { shownBytes: one.shownBytes + other.shownBytes, names: one.names + other.names };
}
