import type { MemberName } from '../base/address.js';
import type { MechanismContext } from './mechanism-context.js';
import type { MessageOf } from './messages.js';
import {
  FAR_SHUFFLE_EVERY,
  SHUFFLE_ACTIVE,
  SHUFFLE_INTERVAL_MS,
  SHUFFLE_PASSIVE,
  SHUFFLE_WALK,
} from './parameters.js';
import type { PassiveView } from './passive-view.js';
import type { MemberRecord, PeerAddress } from './record.js';

export interface ShufflingOptions extends MechanismContext {
  readonly passive: PassiveView;
  /** Called before each of our own shuffles. */
  readonly beforehand: () => void;
}

/**
 * Keeps the passive views mixed: HyParView, section 4.4.
 *
 * Two things differ from the paper. A member knows the whole roster, so only names are exchanged.
 * And the answer to a shuffle goes back over the links by which it came, where the paper makes a
 * connection: with encryption that would cost more than the rest of the protocol together.
 */
export class Shuffling {
  readonly #options: ShufflingOptions;
  /** The names in our last shuffle: they make room for those that come back. */
  #sent: readonly MemberName[] = [];
  #count = 0;
  /** The receiver of the last far shuffle: it may turn out to be gone. */
  #far: MemberRecord | undefined;

  constructor(options: ShufflingOptions) {
    this.#options = options;
    this.#later(options.random() * SHUFFLE_INTERVAL_MS);
  }

  /** The member at this address, if we have sent it a shuffle without a link. */
  farMember(peer: PeerAddress): MemberRecord | undefined {
    return this.#far?.addr === peer ? this.#far : undefined;
  }

  /** Takes another member's shuffle, from a neighbour or straight from its origin. */
  shuffle(from: PeerAddress, message: MessageOf<'shuffle'>): void {
    const { origin, names, ttl, path } = message;
    const { host, roster, active, passive } = this.#options;
    const before = active.get(from);
    const next = active.draw([from, roster.get(origin)?.addr]);
    if (ttl > 0 && next && before) {
      const further = { origin, names, ttl: ttl - 1, path: [...path, before.name] };
      host.send(next.addr, { type: 'shuffle', ...further, digest: roster.digest });
      return;
    }
    const reply = namesOf(passive.some(names.length, roster.get(origin)?.addr));
    host.send(from, { type: 'shuffle-reply', path, names: reply });
    passive.exchange(reply, [origin, ...names]);
  }

  /** Takes an answer, over a link or straight from the member that we asked. */
  reply(from: PeerAddress, { path, names }: MessageOf<'shuffle-reply'>): void {
    const { host, roster, active, passive } = this.#options;
    if (!active.has(from) && !this.farMember(from)) return;
    // The members that still pass it on, the next one last; if there are none, we are the origin.
    const next = path.at(-1);
    if (next === undefined) {
      passive.exchange(this.#sent, names);
      return;
    }
    const addr = roster.get(next)?.addr;
    if (addr === undefined || !active.has(addr)) return;
    host.send(addr, { type: 'shuffle-reply', path: path.slice(0, -1), names });
  }

  #later(delay: number): void {
    const { beforehand, clock } = this.#options;
    clock.after(delay, () => {
      beforehand();
      this.#begin();
      this.#later(SHUFFLE_INTERVAL_MS);
    });
  }

  #begin(): void {
    const { host, random, roster, active, passive } = this.#options;
    this.#count += 1;
    const far = this.#count % FAR_SHUFFLE_EVERY === 0;
    const target = far ? roster.random(random) : active.draw();
    if (!target) return;
    if (far) this.#far = target;
    const ttl = far ? 0 : SHUFFLE_WALK - 1;
    this.#sent = namesOf([
      ...active.some(SHUFFLE_ACTIVE, target.addr),
      ...passive.some(SHUFFLE_PASSIVE, target.addr),
    ]);
    const { self, digest } = roster;
    const message = { origin: self.name, names: this.#sent, ttl, path: [], digest };
    host.send(target.addr, { type: 'shuffle', ...message });
  }
}

function namesOf(records: readonly MemberRecord[]): MemberName[] {
  return records.map(({ name }) => name);
}
