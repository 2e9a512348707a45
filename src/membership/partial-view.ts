import type { MemberRecord, PeerAddress } from './record.js';

/** Some of the members, by their addresses. */
export class PartialView extends Map<PeerAddress, MemberRecord> {
  readonly #random: () => number;

  constructor(random: () => number) {
    super();
    this.#random = random;
  }

  /** A random member, if there is one. */
  draw(except: ReadonlyArray<PeerAddress | undefined> = []): MemberRecord | undefined {
    const left = [...this.values()].filter(({ addr }) => !except.includes(addr));
    return left[Math.floor(this.#random() * left.length)];
  }

  /** Up to `count` random members. */
  some(count: number, except: PeerAddress | undefined): MemberRecord[] {
    const left = [...this.values()].filter(({ addr }) => addr !== except);
    while (left.length > count) left.splice(Math.floor(this.#random() * left.length), 1);
    return left;
  }
}
