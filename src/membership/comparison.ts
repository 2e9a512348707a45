import type { Timer } from './clock.js';
import { HEARSAY, type MechanismContext } from './mechanism-context.js';
import type { Digest, MessageOf } from './messages.js';
import { COMPARE_INTERVAL_MS, MAX_RECORDS, QUIET_MS } from './parameters.js';
import { type MemberRecord, overrides, type PeerAddress } from './record.js';

export interface ComparisonOptions extends MechanismContext {
  /** We and that peer hold the same records now: each took what the other knew better. */
  readonly done: (peer: PeerAddress) => void;
}

/**
 * Makes two rosters equal, when two networks meet and when a broadcast was lost: anti-entropy, as
 * Demers and others call it (PODC 1987). SWIM leaves that to chance, and memberlist exchanges
 * everything. Here the digests tell whether two rosters differ, the hashes of 256 buckets tell
 * where, and only the records of those buckets are exchanged:
 *
 *     asks: compare { hashes }  →
 *                               ←  entries { buckets, records, last }, once or more
 *           answer { records }  →  what the asking side knows better, or alone
 *                               ←  compared
 */
export class Comparison {
  readonly #options: ComparisonOptions;
  /** The peers that we have asked, and those that have asked us, until the exchange is given up. */
  readonly #asked = new Map<PeerAddress, Timer>();
  readonly #answering = new Map<PeerAddress, Timer>();
  #changed = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #later: Timer | undefined;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  /** How many exchanges are under way. */
  get size(): number {
    return this.#asked.size + this.#answering.size;
  }

  /** Our roster has changed: the others may not know it yet. */
  noteChange(): void {
    this.#changed = this.#options.clock.now;
  }

  /** A neighbour has this digest. What differs may still be on its way, so we wait a little. */
  heard(peer: PeerAddress, digest: Digest): void {
    const { clock, roster } = this.#options;
    if (digest === roster.digest || this.#later?.waits) return;
    const quiet = clock.now - this.#changed >= QUIET_MS;
    if (quiet || clock.now - this.#last >= COMPARE_INTERVAL_MS) {
      this.start(peer);
      return;
    }
    this.#later = clock.after(QUIET_MS, () => this.heard(peer, digest));
  }

  start(peer: PeerAddress): void {
    const { clock, host, roster } = this.#options;
    this.#last = clock.now;
    this.#begin(this.#asked, peer);
    host.send(peer, { type: 'compare', from: roster.self, hashes: roster.hashes });
  }

  /** A member asks for a comparison. The caller has checked that it may. */
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
    // A member that they take for alive may have gone, as we know.
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

  /** Our records of these buckets, in messages of bounded size. */
  #entries(buckets: readonly number[]): Array<{ buckets: number[]; records: MemberRecord[] }> {
    const listed = this.#options.roster.listedIn(new Set(buckets));
    let part: { buckets: number[]; records: MemberRecord[] } = { buckets: [], records: [] };
    const parts = [part];
    for (const [index, bucket] of buckets.entries()) {
      // Only a liar fills a bucket beyond that; the broadcast brings the rest.
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

  /** Starts an exchange, which is given up if it has not ended after a while. */
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
