import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import createDebug from 'debug';
import { Address, isMemberName, type MemberName } from '../address.js';
import { CircuitError, errorMessage } from '../error.js';
import { interruptible } from '../interruptible.js';
import type { Link, Links, Membership, MembershipChange } from './membership.js';
import { isObject, type MemberRecord, parseRecords } from './record.js';
import { Roster } from './roster.js';

const debug = createDebug('circuit:membership');

/** A join fails after so long, in milliseconds; telling a member of it takes at most a part of that. */
const JOIN_TIMEOUT = 5_000;
const SPREAD_TIMEOUT = 2_000;

/** A member that cannot be reached is dialled this often, in milliseconds. */
const RETRY_INTERVAL = 10_000;

type Message =
  | { readonly type: 'exchange'; readonly records: readonly MemberRecord[] }
  | { readonly type: 'news'; readonly from: MemberName; readonly records: readonly MemberRecord[] };

/**
 * The first form of the membership: every member keeps a link to every other,
 * and passes on to all of them what it learns. Rosters are exchanged whole on a
 * join. A link that breaks and cannot be made again means that the member failed;
 * a member that is only cut off from the one who says so refutes it.
 */
export class Mesh implements Membership {
  #self: MemberRecord;
  readonly #links: Links;
  readonly #roster = new Roster();
  /** The standing links, or the attempts to make them. */
  readonly #standing = new Map<MemberName, Standing>();
  readonly #listeners = new Set<(change: MembershipChange) => void>();
  readonly #closing = new AbortController();

  constructor(self: MemberRecord, links: Links) {
    this.#self = self;
    this.#links = links;
  }

  get self(): MemberRecord {
    return this.#self;
  }

  members(): readonly MemberRecord[] {
    const all = [this.#self, ...this.#roster.alive()];
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: MemberName): MemberRecord | undefined {
    if (name === this.#self.name) return this.#self;
    const record = this.#roster.get(name);
    return record?.state === 'alive' ? record : undefined;
  }

  watch(listener: (change: MembershipChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async join(address: Address, signal?: AbortSignal): Promise<void> {
    if (address.toString() === this.#self.addr) return;
    const timeout = AbortSignal.timeout(JOIN_TIMEOUT);
    const either = AbortSignal.any([timeout, ...(signal ? [signal] : [])]);
    try {
      const link = await this.#links.connect(address, either);
      await this.#exchange(link, either);
    } catch (error) {
      if (timeout.aborted) {
        const limit = `${JOIN_TIMEOUT / 1000} s`;
        throw new CircuitError('ETIMEDOUT', `${address.authority} did not answer within ${limit}`);
      }
      throw error;
    }
  }

  async leave(): Promise<void> {
    const others = this.#roster.alive();
    await this.#spread([{ ...this.#self, state: 'left' }], others);
    // So that what is still on its way cannot pass for news of the new life.
    this.#self = { ...this.#self, incarnation: this.#self.incarnation + 1 };
    this.#roster.clear();
    for (const name of [...this.#standing.keys()]) this.#drop(name);
    for (const member of others) this.#tell({ kind: 'leave', member, state: 'left' });
  }

  async deliver(message: unknown): Promise<unknown> {
    const { type, from, records } = parseMessage(message);
    // One that we have left, or that has left us, has no news for us.
    if (type === 'news' && !(from !== undefined && this.get(from))) return undefined;
    const told = this.#merge(records);
    if (type === 'news') return undefined;
    await told;
    return { records: [this.#self, ...this.#roster.all()] };
  }

  async close(): Promise<void> {
    await this.leave();
    this.#closing.abort();
  }

  /** Push and pull: afterwards both sides know what either knew. */
  async #exchange(link: Link, signal?: AbortSignal): Promise<void> {
    const { incarnation } = this.#self;
    const records = [this.#self, ...this.#roster.all()];
    const answer = await interruptible(
      link.send({ type: 'exchange', records } satisfies Message),
      signal,
    );
    await interruptible(this.#merge(parseMessage(answer).records), signal);
    // They held us for failed: what we said to that is news to them.
    if (this.#self.incarnation !== incarnation) await this.#exchange(link, signal);
  }

  /** Takes what is new, links to who is new, and resolves when all others have been told. */
  #merge(records: readonly MemberRecord[]): Promise<void> {
    const news: MemberRecord[] = [];
    for (const record of records) {
      if (record.name === this.#self.name) {
        if (this.#refute(record)) news.push(this.#self);
      } else if (this.#take(record)) {
        news.push(record);
      }
    }
    return news.length > 0 ? this.#spread(news, this.#roster.alive()) : Promise.resolve();
  }

  #take(record: MemberRecord): boolean {
    const standing = this.#standing.get(record.name);
    if (record.state === 'failed' && standing?.link && this.get(record.name)) {
      // We hold a link to it: let the member speak for itself.
      this.#send(standing.link, [record]).catch(() => {});
      return false;
    }
    const before = this.#roster.merge(record, performance.now());
    if (before === false) return false;
    const wasAlive = before?.state === 'alive';
    if (record.state === 'alive') {
      const moved = before !== undefined && before.addr !== record.addr;
      if (moved) this.#drop(record.name);
      // Under its old name at a new address it is another daemon.
      if (moved && wasAlive) this.#tell({ kind: 'leave', member: before, state: 'failed' });
      this.#stand(record);
      if (moved || !wasAlive) this.#tell({ kind: 'join', member: record, state: record.state });
    } else {
      if (record.state === 'left') this.#drop(record.name);
      if (wasAlive) this.#tell({ kind: 'leave', member: record, state: record.state });
    }
    return true;
  }

  /** SWIM, section 4.2: who hears ill of itself answers with a higher incarnation. */
  #refute(record: MemberRecord): boolean {
    const { incarnation, state, addr } = record;
    if (incarnation < this.#self.incarnation) return false;
    if (incarnation === this.#self.incarnation && state === 'alive' && addr === this.#self.addr) {
      return false;
    }
    this.#self = { ...this.#self, incarnation: incarnation + 1 };
    return true;
  }

  /** Resolves when all of `members` have taken the news, or could not in time. */
  async #spread(news: readonly MemberRecord[], members: readonly MemberRecord[]): Promise<void> {
    const timeout = AbortSignal.timeout(SPREAD_TIMEOUT);
    setMaxListeners(0, timeout);
    await Promise.allSettled(
      members.map(async (member) => {
        const address = Address.parse(member.addr);
        const standing = this.#standing.get(member.name);
        const link = standing?.link ?? (await this.#links.connect(address, timeout));
        await this.#send(link, news, timeout);
      }),
    );
  }

  #send(link: Link, records: readonly MemberRecord[], signal?: AbortSignal): Promise<unknown> {
    const message: Message = { type: 'news', from: this.#self.name, records };
    return interruptible(link.send(message), signal);
  }

  /** Keeps a link to a member standing, and notices its end. */
  #stand(member: MemberRecord): void {
    if (this.#standing.has(member.name) || this.#closing.signal.aborted) return;
    const standing = new Standing();
    this.#standing.set(member.name, standing);
    this.#keep(member.name, standing).catch((error) => debug('%s: %s', member.name, error));
  }

  async #keep(name: MemberName, standing: Standing): Promise<void> {
    const { signal } = standing;
    let reached = false;
    while (!signal.aborted) {
      const member = this.#roster.get(name);
      if (!member || member.state === 'left') return;
      try {
        const link = await this.#links.connect(Address.parse(member.addr), signal);
        using _held = link.hold();
        reached = true;
        await this.#exchange(link, AbortSignal.any([signal, AbortSignal.timeout(JOIN_TIMEOUT)]));
        standing.link = link;
        await interruptible(link.closed, signal);
        standing.link = undefined;
        debug('the link to %s is down', name);
      } catch (error) {
        if (signal.aborted) return;
        debug('%s cannot be reached: %s', name, errorMessage(error));
        // Others may reach a member that we never did: it says nothing of its health.
        if (reached) this.#fail(member);
        reached = false;
        // One that failed is tried as well, so that a network that was split heals.
        await delay(RETRY_INTERVAL, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  #fail(member: MemberRecord): void {
    const current = this.#roster.get(member.name) ?? member;
    this.#merge([{ ...current, state: 'failed' }]).catch(() => {});
  }

  #drop(name: MemberName): void {
    this.#standing.get(name)?.end();
    this.#standing.delete(name);
  }

  #tell(change: MembershipChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** One member's standing link, and the end of our wish for it. */
class Standing {
  link: Link | undefined;
  readonly #ended = new AbortController();

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  end(): void {
    this.link = undefined;
    this.#ended.abort();
  }
}

interface ParsedMessage {
  readonly type: unknown;
  readonly from: MemberName | undefined;
  readonly records: readonly MemberRecord[];
}

function parseMessage(message: unknown): ParsedMessage {
  if (!isObject(message) || !Array.isArray(message.records)) {
    throw new CircuitError('EINVAL', 'not a membership message: no records');
  }
  const { type, from } = message;
  return {
    type,
    from: isMemberName(from) ? from : undefined,
    records: parseRecords(message.records),
  };
}
