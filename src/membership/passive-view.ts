import type { MemberName } from '../base/address.js';
import type { MechanismContext } from './mechanism-context.js';
import { PASSIVE_VIEW } from './parameters.js';
import { PartialView } from './partial-view.js';
import { isListed, type MemberRecord } from './record.js';
import type { Roster } from './roster.js';

/** The members in reserve, which replace lost neighbours (HyParView, section 4.4). */
export class PassiveView extends PartialView {
  readonly #roster: Roster;
  readonly #active: PartialView;

  constructor({ random, roster, active }: MechanismContext) {
    super(random);
    this.#roster = roster;
    this.#active = active;
  }

  /** Adds a member; a random one gives way to it. */
  reserve(record: MemberRecord): void {
    const roster = this.#roster;
    const { addr } = record;
    if (addr === roster.self.addr || this.#active.has(addr) || this.has(addr)) return;
    if (!isListed(roster.get(record.name))) return;
    if (this.size >= PASSIVE_VIEW) {
      const dropped = this.draw();
      if (dropped) this.delete(dropped.addr);
    }
    this.set(addr, record);
  }

  /** Adds the names that another member sent; those that we sent to it give way first. */
  exchange(sent: readonly MemberName[], names: readonly MemberName[]): void {
    const roster = this.#roster;
    const dispensable = sent
      .map((name) => roster.get(name)?.addr)
      .filter((addr) => addr !== undefined && this.has(addr));
    for (const name of names) {
      const record = roster.get(name);
      // The comparison of the rosters will bring a member that we do not know.
      if (!record) continue;
      if (this.size >= PASSIVE_VIEW) {
        const dropped = dispensable.pop();
        if (dropped !== undefined) this.delete(dropped);
      }
      this.reserve(record);
    }
  }
}
