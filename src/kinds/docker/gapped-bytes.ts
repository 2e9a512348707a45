import { ByteQueue } from '../../base/byte-queue.js';

/** A place in the stream where bytes may be missing. */
interface Gap {
  /** How many bytes come before it, since the stream began. */
  readonly at: number;
  /** Whether a reader has been told of it. */
  told: boolean;
}

/** A queue of bytes in which some may be missing: the reader that comes to such a gap is told of it once. */
export class GappedBytes {
  readonly #bytes = new ByteQueue();
  /** In order. Told ones stay as long as bytes before them may be put back. */
  #gaps: readonly Gap[] = [];
  /** How many bytes have been taken since the stream began. */
  #taken = 0;
  /** How many of them may be put back. */
  #unsettled = 0;

  /** How many bytes wait. */
  get length(): number {
    return this.#bytes.length;
  }

  push(bytes: Uint8Array): void {
    this.#bytes.push(bytes);
  }

  /** Notes that bytes may be missing behind those that wait. */
  addGap(): void {
    const at = this.#taken + this.#bytes.length;
    const last = this.#gaps.at(-1);
    if (last?.at === at) last.told = false;
    else this.#gaps = [...this.#gaps.filter((gap) => this.#mayCome(gap)), { at, told: false }];
  }

  /** Whether a gap comes next. */
  get atGap(): boolean {
    return this.#nextGap?.at === this.#taken;
  }

  /** A reader is being told of the gap that comes next. */
  passGap(): void {
    const gap = this.#nextGap;
    if (gap) gap.told = true;
  }

  /** Takes up to `max` of the bytes before the next gap. */
  take(max: number): Uint8Array {
    const gap = this.#nextGap?.at ?? Number.POSITIVE_INFINITY;
    const taken = this.#bytes.take(Math.min(max, gap - this.#taken));
    this.#taken += taken.length;
    this.#unsettled += taken.length;
    return taken;
  }

  /** So many bytes that were taken are not put back any more. */
  delivered(count: number): void {
    this.#unsettled -= count;
  }

  /** Puts the bytes that were taken last back at the front; gaps that follow them are to be told again. */
  unshift(bytes: Uint8Array): void {
    this.#bytes.unshift(bytes);
    this.#taken -= bytes.length;
    this.#unsettled -= bytes.length;
    for (const gap of this.#gaps) if (gap.at > this.#taken) gap.told = false;
  }

  /** The reader that was told of the gap at the front has not learned of it: the next one is told. */
  untellGap(): void {
    for (const gap of this.#gaps) if (gap.at === this.#taken) gap.told = false;
  }

  /** Whether readers may come to a gap, for the first time or again. */
  #mayCome({ at, told }: Gap): boolean {
    return !told || at >= this.#taken - this.#unsettled;
  }

  get #nextGap(): Gap | undefined {
    return this.#gaps.find(({ told }) => !told);
  }
}
