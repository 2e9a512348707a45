import type { MemberName } from '../base/address.js';
import { PASSIVE_VIEW } from './parameters.js';
import { PartialView } from './partial-view.js';
import { isListed, type MemberRecord, type PeerAddress } from './record.js';
import type { Roster } from './roster.js';

export interface PassiveViewOptions {
  readonly roster: Roster;
  readonly random: () => number;
  readonly isNeighbor: (peer: PeerAddress) => boolean;
}

/** The members in reserve, to replace neighbours that are lost (HyParView, section 4.4). */
export class PassiveView extends PartialView {
  readonly #options: PassiveViewOptions;

  constructor(options: PassiveViewOptions) {
    super(options.random);
    this.#options = options;
  }

  /** Takes one in; one at random gives way to it. */
  reserve(record: MemberRecord): void {
    const { roster, isNeighbor } = this.#options;
    const { addr } = record;
    if (addr === roster.self.addr || isNeighbor(addr) || this.has(addr)) return;
    if (!isListed(roster.get(record.name))) return;
    if (this.size >= PASSIVE_VIEW) {
      const dropped = this.draw();
      if (dropped) this.delete(dropped.addr);
    }
    this.set(addr, record);
  }

  /** Takes in what came from another; what was sent to it makes room. */
  exchange(sent: readonly MemberName[], names: readonly MemberName[]): void {
    const { roster } = this.#options;
    const dispensable = sent
      .map((name) => roster.get(name)?.addr)
      .filter((addr) => addr !== undefined && this.has(addr));
    for (const name of names) {
      const record = roster.get(name);
      // Of who is not known here the comparison of the rosters will tell.
      if (!record) continue;
      if (this.size >= PASSIVE_VIEW) {
        const dropped = dispensable.pop();
        if (dropped !== undefined) this.delete(dropped);
      }
      this.reserve(record);
    }
  }
}
