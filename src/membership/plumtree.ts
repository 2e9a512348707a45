import type { MemberName } from '../base/address.js';
import type { Timer } from './clock.js';
import type { MechanismContext } from './mechanism-context.js';
import { EAGER_PAUSE_MS, GRAFT_TIMEOUT_MS, LAZY_PAUSE_MS, MAX_RECORDS } from './parameters.js';
import type { MemberRecord, PeerAddress, Version } from './record.js';

export interface PlumtreeOptions extends MechanismContext {
  /** Whether that version, or a newer one, is known. */
  readonly has: (version: Version) => boolean;
}

/**
 * The broadcast: Plumtree (Leitão, Pereira and Rodrigues, "Epidemic broadcast trees", SRDS 2007).
 * News is pushed over the eager links, which come to form a tree. Over the lazy links it is only
 * announced, and grafted where the tree has not brought it.
 *
 * The messages of the paper are versions of members' records here. So the roster itself knows what
 * was received and answers a graft, and no message is kept. News that comes together travels
 * together, and a link is pruned if everything that came over it was known.
 */
export class Plumtree {
  readonly #options: PlumtreeOptions;
  readonly #branches = new Map<PeerAddress, Branch>();
  /** The versions that were announced and have not come; the next to be due comes first. */
  readonly #missing = new Map<string, Missing>();
  #grafting: Timer | undefined;
  #announcing: Timer | undefined;
  #pushing: Timer | undefined;
  #pushed = Number.NEGATIVE_INFINITY;
  #unsent = false;

  constructor(options: PlumtreeOptions) {
    this.#options = options;
  }

  /** Section 3.6, NeighborUp: a new link is eager. */
  neighborUp(peer: PeerAddress): void {
    this.#branches.set(peer, { lazy: false, records: [], versions: [] });
  }

  /** The link is about to be given up: sends what waits for it now. */
  neighborLeaving(peer: PeerAddress): void {
    const branch = this.#branches.get(peer);
    if (branch) this.#pushTo(peer, branch);
  }

  neighborDown(peer: PeerAddress): void {
    this.#branches.delete(peer);
  }

  /** Passes news on to all neighbours but the one that it came from. */
  publish(record: MemberRecord, from?: PeerAddress): void {
    for (const [peer, branch] of this.#branches) {
      if (peer === from) continue;
      if (branch.lazy) {
        branch.versions.push(versionOf(record));
        this.#announceLater();
      } else {
        branch.records.push(record);
        this.#unsent = true;
      }
    }
  }

  /** Gossip came from a neighbour. @param news Whether any of it was news. */
  received(from: PeerAddress, news: boolean): void {
    const branch = this.#branches.get(from);
    if (!branch) return;
    if (!news && !branch.lazy) this.#options.host.send(from, { type: 'prune' });
    branch.lazy = !news;
  }

  pruned(from: PeerAddress): void {
    const branch = this.#branches.get(from);
    if (branch) branch.lazy = true;
  }

  /** Announces to one neighbour what it may have missed. */
  announce(peer: PeerAddress, records: readonly MemberRecord[]): void {
    const branch = this.#branches.get(peer);
    if (!branch || records.length === 0) return;
    branch.versions.push(...records.map(versionOf));
    this.#announceLater();
  }

  announced(from: PeerAddress, versions: readonly Version[]): void {
    const { clock, has } = this.#options;
    for (const version of versions) {
      if (has(version)) continue;
      // Each version counts for itself: an older one that comes says nothing of this one.
      const key = keyOf(version);
      const missing = this.#missing.get(key);
      if (missing) missing.announcers.push(from);
      else
        this.#missing.set(key, { version, announcers: [from], due: clock.now + GRAFT_TIMEOUT_MS });
    }
    this.#graftLater();
  }

  /** A neighbour that grafts has become our child in the tree. */
  grafted(from: PeerAddress, names: readonly MemberName[]): void {
    const branch = this.#branches.get(from);
    if (!branch) return;
    branch.lazy = false;
    const records = names.flatMap((name) => this.#options.roster.get(name) ?? []);
    if (records.length > 0) this.#options.host.send(from, { type: 'gossip', records });
  }

  /** Pushes what is due; to be called when all that came in has been taken. */
  flush(): void {
    if (!this.#unsent || this.#pushing?.waits) return;
    const wait = this.#pushed + EAGER_PAUSE_MS - this.#options.clock.now;
    if (wait <= 0) this.#push();
    else this.#pushing = this.#options.clock.after(wait, () => this.#push());
  }

  #push(): void {
    this.#pushed = this.#options.clock.now;
    this.#unsent = false;
    for (const [peer, branch] of this.#branches) this.#pushTo(peer, branch);
  }

  #pushTo(peer: PeerAddress, branch: Branch): void {
    for (const records of chunks(branch.records.splice(0))) {
      this.#options.host.send(peer, { type: 'gossip', records });
    }
  }

  #announceLater(): void {
    if (this.#announcing?.waits) return;
    this.#announcing = this.#options.clock.after(LAZY_PAUSE_MS, () => this.#announce());
  }

  #announce(): void {
    for (const [peer, branch] of this.#branches) {
      for (const versions of chunks(branch.versions.splice(0))) {
        this.#options.host.send(peer, { type: 'ihave', versions });
      }
    }
  }

  #graftLater(): void {
    const [first] = this.#missing.values();
    if (!first || this.#grafting?.waits) return;
    this.#grafting = this.#options.clock.at(first.due, () => this.#graft());
  }

  /** Asks for what is due, each version of the first that announced it, and for the rest later. */
  #graft(): void {
    const { clock, has, host } = this.#options;
    const wanted = new Map<PeerAddress, Set<MemberName>>();
    for (const [key, missing] of [...this.#missing]) {
      if (missing.due > clock.now) break;
      this.#missing.delete(key);
      const from = missing.announcers.find((peer) => this.#branches.has(peer));
      if (from === undefined || has(missing.version)) continue;
      wanted.set(from, (wanted.get(from) ?? new Set()).add(missing.version.name));
      const announcers = missing.announcers.slice(missing.announcers.indexOf(from) + 1);
      // It goes to the end of the map: it is due after all the others.
      this.#missing.set(key, { ...missing, announcers, due: clock.now + GRAFT_TIMEOUT_MS });
    }
    for (const [peer, all] of wanted) {
      const branch = this.#branches.get(peer);
      if (branch) branch.lazy = false;
      for (const names of chunks([...all])) host.send(peer, { type: 'graft', names });
    }
    this.#graftLater();
  }
}

/** A link to a neighbour, and what waits to go over it. */
interface Branch {
  lazy: boolean;
  readonly records: MemberRecord[];
  readonly versions: Version[];
}

interface Missing {
  readonly version: Version;
  readonly announcers: PeerAddress[];
  /** In milliseconds. */
  readonly due: number;
}

function versionOf({ name, incarnation, state, accuser }: MemberRecord): Version {
  return { name, incarnation, state, ...(accuser === undefined ? {} : { accuser }) };
}

function keyOf({ name, incarnation, state, accuser }: Version): string {
  return `${name} ${incarnation} ${state} ${accuser}`;
}

function chunks<T>(items: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += MAX_RECORDS) {
    result.push(items.slice(start, start + MAX_RECORDS));
  }
  return result;
}
