import { setMaxListeners } from 'node:events';
import { Semaphore } from '../base/semaphore.js';
import type { Membership } from '../membership/membership.js';

/** A place where this member looks for others. */
export interface Place {
  /** The sentence for the log when it begins to look there, if there is one. */
  readonly begin?: string | undefined;
  /** The daemons that may be there now; where there are none, nobody is looked for there any more. */
  find(): Promise<readonly Candidate[]>;
  /** The sentence for the log when nobody was found there, and why. */
  failed(why: unknown): string;
  /** Why nobody is looked for there any more, where nobody was found and another try is of no use. */
  readonly givenUp?: string | undefined;
}

/** A daemon that may be there. */
export interface Candidate {
  /** HOST:PORT. */
  readonly authority: string;
  /**
   * Joins it. Gives the sentence for the log; `undefined` if it was a member already.
   * @throws CircuitError
   */
  join(signal: AbortSignal): Promise<string | undefined>;
}

/** How the search goes. */
export interface SearchReport {
  /** For how long it has gone on, in seconds: since the start, or since this member is alone again. */
  readonly seconds: number;
  /** Why daemons that are looked for have not been met yet: each reason of a place once. */
  readonly failures: readonly string[];
}

/** The search keeps this of a place. */
interface Looked {
  /** For the candidates that are tried at once. */
  readonly room: Semaphore;
  /** The last failure of each candidate, by its authority; by '' that to find any. */
  readonly failures: Map<string, string>;
}

/** The end of each line of the log on a failure that a report tells, too, until it is mended. */
export const TRYING_AGAIN = '; trying again from time to time';

/** The shortest pause between two tries, and the longest, while we are alone and in a network. */
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_IN_NETWORK_MS = 5 * 60 * 1000;

/** The pause as a part of the time that has been looked: what comes after 10 s waits 1.25 s at most. */
const PAUSE_PER_TIME = 1 / 8;

/**
 * How many candidates of a place are tried at once: a silent one takes 5 s, and must not hold up the
 * rest.
 */
const AT_ONCE = 32;

/** How long after a member has gone we look whether we are alone: many may go at once. */
const LOOK_AROUND_MS = 100;

/**
 * How long to wait between two tries, in milliseconds: the longer, the longer it has been tried, and
 * at random, so that hosts which start at once do not go on asking at once.
 * @param tried How long it has been tried, in milliseconds.
 */
export function pauseAfter(tried: number, longest = LONGEST_PAUSE_MS): number {
  const pause = Math.min(Math.max(tried * PAUSE_PER_TIME, SHORTEST_PAUSE_MS), longest);
  return pause * (0.5 + Math.random() / 2);
}

export interface SearchOptions {
  readonly membership: Membership;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/**
 * Looks for the network, at all places and for all that may be there, again and again while this
 * member is alone. When it has found some it goes on, ever more rarely, to look for those that it has
 * not met: when many hosts start at once they find each other in pairs, and a switch may start last.
 * A member that becomes alone again begins anew.
 */
export class Search {
  readonly #options: SearchOptions;
  readonly #places = new Map<Place, Looked>();
  /** Under way: a place where we look, or the authority of a candidate that is tried. */
  readonly #busy = new Set<Place | string>();
  /** The candidates that are members, or have been, since we began; and ourselves. */
  readonly #met = new Set<string>();
  /** The places where there is nobody left to be met. */
  readonly #done = new Set<Place>();
  /** Said in the log of this search already. */
  readonly #said = new Set<Place | string>();
  readonly #ending = new AbortController();
  #watch: Disposable | undefined;
  /** When it began, on the clock of `performance.now()`. */
  #since = Number.POSITIVE_INFINITY;
  #wasAlone = true;
  #timer: NodeJS.Timeout | undefined;
  #lookAround: NodeJS.Timeout | undefined;

  constructor(options: SearchOptions) {
    this.#options = options;
    setMaxListeners(0, this.#ending.signal);
  }

  /**
   * Adds a place, before the search begins.
   * @param failed What has become of a try there already, if there was one.
   */
  add(place: Place, failed?: { readonly why: unknown; readonly authority: string }): void {
    this.#places.set(place, { room: new Semaphore(AT_ONCE), failures: new Map() });
    if (failed) this.#fail(place, failed.why, failed.authority);
  }

  begin(): void {
    if (this.#ending.signal.aborted) return;
    this.#wasAlone = this.#isAlone;
    this.#watch = this.#options.membership.watch(({ kind }) => {
      if (kind === 'join') this.#wasAlone = false;
      else this.#lookAround ??= setTimeout(() => this.#beginAnew(), LOOK_AROUND_MS);
    });
    this.#since = performance.now();
    this.#look();
  }

  /** Gives up for good, also what is under way. */
  end(): void {
    this.#ending.abort();
    this.#watch?.[Symbol.dispose]();
    clearTimeout(this.#timer);
    clearTimeout(this.#lookAround);
  }

  get report(): SearchReport {
    if (this.#ending.signal.aborted) return { seconds: 0, failures: [] };
    const failures = [...this.#places].flatMap(([{ givenUp }, looked]) => {
      const sentences = new Map<string, string>();
      for (const [authority, sentence] of looked.failures) {
        const reason = sentence.replace(authority, '');
        if (!this.#hasMet(authority) && !sentences.has(reason)) sentences.set(reason, sentence);
      }
      return givenUp === undefined ? [...sentences.values()] : [givenUp];
    });
    const seconds = Math.max(0, performance.now() - this.#since) / 1_000;
    return { seconds, failures };
  }

  get #isAlone(): boolean {
    return this.#options.membership.members().length === 1;
  }

  #beginAnew(): void {
    this.#lookAround = undefined;
    const isAlone = this.#isAlone;
    if (isAlone && !this.#wasAlone) {
      this.#since = performance.now();
      for (const known of [this.#met, this.#done, this.#said]) known.clear();
      for (const { failures } of this.#places.values()) failures.clear();
      this.#look();
    }
    this.#wasAlone = isAlone;
  }

  /** Looks at all places, and again after a pause, whatever has become of it by then. */
  #look(): void {
    clearTimeout(this.#timer);
    const open = [...this.#places.keys()].filter((place) => !this.#done.has(place));
    if (open.length === 0) return;
    for (const place of open) void this.#visit(place);
    const longest = this.#isAlone ? LONGEST_PAUSE_MS : LONGEST_PAUSE_IN_NETWORK_MS;
    const pause = pauseAfter(performance.now() - this.#since, longest);
    this.#timer = setTimeout(() => this.#look(), pause);
  }

  async #visit(place: Place): Promise<void> {
    if (this.#busy.has(place)) return;
    const { signal } = this.#ending;
    this.#busy.add(place);
    if (place.begin !== undefined) this.#say(place.begin, place);
    try {
      const candidates = await place.find();
      if (signal.aborted) return;
      const left = candidates.filter(({ authority }) => !this.#hasMet(authority));
      const isDone = left.length === 0 && (candidates.length === 0 || !this.#isAlone);
      if (isDone) this.#done.add(place);
      this.#forgetOthers(place, left);
      for (const candidate of left) void this.#try(place, candidate);
    } catch (error) {
      if (signal.aborted) return;
      this.#forgetOthers(place, []);
      this.#fail(place, error);
    } finally {
      this.#busy.delete(place);
    }
  }

  async #try(place: Place, candidate: Candidate): Promise<void> {
    const { authority } = candidate;
    if (this.#busy.has(authority)) return;
    const { signal } = this.#ending;
    this.#busy.add(authority);
    try {
      const looked = this.#places.get(place);
      using _room = await looked?.room.acquire(signal);
      if (this.#hasMet(authority)) return;
      const joined = await candidate.join(signal);
      looked?.failures.delete(authority);
      if (!this.#isAlone) this.#met.add(authority);
      if (joined) this.#options.log(joined);
    } catch (error) {
      if (!signal.aborted) this.#fail(place, error, authority);
    } finally {
      this.#busy.delete(authority);
    }
  }

  /** Whether a candidate is a member, or has been one since we began. */
  #hasMet(authority: string): boolean {
    if (this.#met.has(authority)) return true;
    const { self } = this.#options.membership;
    const its = `circuit://${authority}/`;
    return this.#options.membership
      .members()
      .some(({ name, addr }) => name !== self.name && addr.startsWith(its));
  }

  /** Forgets the failures of all but the candidates that are left now. */
  #forgetOthers(place: Place, candidates: readonly Candidate[]): void {
    const failures = this.#places.get(place)?.failures ?? new Map();
    const others = new Set(failures.keys());
    for (const { authority } of candidates) others.delete(authority);
    for (const authority of others) failures.delete(authority);
  }

  /** Says each reason once, whichever candidate it is of. */
  #fail(place: Place, error: unknown, authority = ''): void {
    const sentence = place.failed(error);
    this.#places.get(place)?.failures.set(authority, sentence);
    this.#say(`${sentence}${TRYING_AGAIN}`, sentence.replace(authority, ''));
  }

  #say(sentence: string, key: Place | string): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#options.log(sentence);
  }
}
