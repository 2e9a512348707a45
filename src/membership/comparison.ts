import type { Timer } from './clock.js';
import type { Digest, MessageOf } from './messages.js';
import { COMPARE_INTERVAL_MS, MAX_RECORDS, QUIET_MS } from './parameters.js';
import { type MemberRecord, overrides, type PeerAddress } from './record.js';
import { HEARSAY, type Shared } from './shared.js';

export interface ComparisonOptions extends Shared {
  /** We and that peer hold the same now: each took what the other knew better. */
  readonly done: (peer: PeerAddress) => void;
}

/**
 * Two rosters are made equal, when two networks meet and when a broadcast was lost (SWIM
 * leaves that to chance, memberlist exchanges all). Their digests tell whether they
 * differ, the hashes of 256 buckets where, and of these the records are exchanged:
 *
 *     asks: compare { hashes }  →
 *                               ←  entries { buckets, records, last }, once or more
 *           answer { records }  →  what the asking side knows better, or alone
 *                               ←  compared
 */
export class Comparison {
  readonly #options: ComparisonOptions;
  /** Whom we have asked, and who has asked us, until they are given up. */
  readonly #asked = new Map<PeerAddress, Timer>();
  readonly #answering = new Map<PeerAddress, Timer>();
  #changed = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #later: Timer | undefined;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  /** How many are under way. */
  get size(): number {
    return this.#asked.size + this.#answering.size;
  }

  /** The roster has changed: others may not know it yet. */
  noteChange(): void {
    this.#changed = this.#options.clock.now;
  }

  /** A neighbour has this digest. What differs may be on its way, so there is no haste. */
  heard(peer: PeerAddress, digest: Digest): void {
    const { clock, roster } = this.#options;
    if (digest === roster.digest || this.#later) return;
    const quiet = clock.now - this.#changed >= QUIET_MS;
    if (quiet || clock.now - this.#last >= COMPARE_INTERVAL_MS) {
      this.start(peer);
      return;
    }
    this.#later = clock.after(QUIET_MS, () => {
      this.#later = undefined;
      this.heard(peer, digest);
    });
  }

  start(peer: PeerAddress): void {
    const { clock, host, roster } = this.#options;
    this.#last = clock.now;
    this.#begin(this.#asked, peer);
    host.send(peer, { type: 'compare', from: roster.self, hashes: roster.hashes });
  }

  /** What a member asks us; whether it may ask is not looked at here. */
  compare(from: PeerAddress, hashes: readonly Digest[]): void {
    const { host, roster } = this.#options;
    const own = roster.hashes;
    const buckets = hashes.flatMap((hash, bucket) => (hash === own[bucket] ? [] : bucket));
    if (buckets.length === 0) {
      host.send(from, { type: 'compared' });
      return;
    }
    this.#begin(this.#answering, from);
    const parts = this.#entries(buckets);
    for (const [index, part] of parts.entries()) {
      host.send(from, { type: 'entries', ...part, last: index === parts.length - 1 });
    }
  }

  entries(from: PeerAddress, message: MessageOf<'entries'>): void {
    if (!this.#asked.has(from)) return;
    const { host, learn, roster } = this.#options;
    const theirs = new Map(message.records.map((record) => [record.name, record]));
    const lacking = roster
      .listedIn(new Set(message.buckets))
      .flat()
      .filter(({ name }) => !theirs.has(name));
    // What they take for alive may have gone, to our knowledge.
    const newer = message.records.flatMap((record) => {
      const known = roster.get(record.name);
      return known && overrides(known, record) ? known : [];
    });
    for (const record of message.records) learn(record, HEARSAY);
    const answer = [...lacking, ...newer];
    do {
      const records = answer.splice(0, MAX_RECORDS);
      host.send(from, { type: 'answer', records, last: message.last && answer.length === 0 });
    } while (answer.length > 0);
  }

  answer(from: PeerAddress, records: readonly MemberRecord[], last: boolean): void {
    if (!this.#answering.has(from)) return;
    for (const record of records) this.#options.learn(record, HEARSAY);
    if (!last) return;
    this.#end(this.#answering, from);
    this.#options.host.send(from, { type: 'compared' });
  }

  compared(from: PeerAddress): void {
    if (this.#end(this.#asked, from)) this.#options.done(from);
  }

  /** Our records of these buckets, in messages of a bounded size. */
  #entries(buckets: readonly number[]): Array<{ buckets: number[]; records: MemberRecord[] }> {
    const listed = this.#options.roster.listedIn(new Set(buckets));
    let part: { buckets: number[]; records: MemberRecord[] } = { buckets: [], records: [] };
    const parts = [part];
    for (const [index, bucket] of buckets.entries()) {
      // A bucket of more than that was made to be so; what is above it is left to the broadcast.
      const records = listed[index]?.slice(0, MAX_RECORDS) ?? [];
      if (part.records.length + records.length > MAX_RECORDS) {
        part = { buckets: [], records: [] };
        parts.push(part);
      }
      part.buckets.push(bucket);
      part.records.push(...records);
    }
    return parts;
  }

  /** What is not at its end after a while never will be. */
  #begin(exchanges: Map<PeerAddress, Timer>, peer: PeerAddress): void {
    const { clock } = this.#options;
    exchanges.get(peer)?.cancel();
    exchanges.set(
      peer,
      clock.after(COMPARE_INTERVAL_MS, () => exchanges.delete(peer)),
    );
  }

  #end(exchanges: Map<PeerAddress, Timer>, peer: PeerAddress): boolean {
    exchanges.get(peer)?.cancel();
    return exchanges.delete(peer);
  }
}
