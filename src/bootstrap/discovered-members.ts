import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../base/address.js';
import { errorMessage } from '../base/error.js';
import { EvictingMap } from '../base/evicting-map.js';
import { RateLimit } from '../base/rate-limit.js';
import type { Membership } from '../membership/membership.js';
import type { Hearing } from './discovery.js';

/**
 * The longest hesitation before a member joins a stranger, for each member that its network has.
 * So some fifty members try in the first second, however many have heard of the stranger, and the
 * news of the first success stops the rest: the small network joins the large one.
 */
const HESITATION_PER_MEMBER_MS = 20;

/** How many joins begin in a second, and how many at once: announced addresses may be made up. */
const JOINS = 10;
const MAX_PENDING = 32;

/** How long an address that failed is not tried again; doubled each time. */
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 64_000;

/** How many addresses that failed are remembered; the oldest is evicted first. */
const MAX_FAILED = 1_000;

export interface DiscoveredMembersOptions {
  readonly membership: Membership;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/** Joins the networks of daemons that were heard and are not members of ours yet. */
export class DiscoveredMembers {
  readonly #options: DiscoveredMembersOptions;
  readonly #watch: Disposable;
  readonly #limit = new RateLimit(JOINS, MAX_PENDING);
  readonly #pending = new Set<string>();
  readonly #failed = new EvictingMap<string, Failure>({ limit: MAX_FAILED });
  /** The addresses of all members; made again, when asked for, after a change. */
  #members: ReadonlySet<string> | undefined;
  #ending = interruption();

  constructor(options: DiscoveredMembersOptions) {
    this.#options = options;
    this.#watch = options.membership.watch(() => {
      this.#members = undefined;
    });
  }

  /** Takes an address that has been announced. */
  hear(address: Address): Hearing {
    const key = address.toString();
    if (this.#isMember(key)) return 'known';
    const now = performance.now();
    if (this.#pending.has(key) || this.#pending.size >= MAX_PENDING) return 'ignored';
    if (now < (this.#failed.get(key)?.until ?? 0) || !this.#limit.pass(now)) return 'ignored';
    this.#pending.add(key);
    this.#join(address, key, this.#ending.signal).finally(() => this.#pending.delete(key));
    return 'new';
  }

  /** Gives up the joins that are under way. */
  interrupt(): void {
    this.#ending.abort();
    this.#ending = interruption();
  }

  close(): void {
    this.#ending.abort();
    this.#watch[Symbol.dispose]();
  }

  #isMember(addr: string): boolean {
    this.#members ??= new Set(this.#options.membership.members().map((member) => member.addr));
    return this.#members.has(addr);
  }

  async #join(address: Address, key: string, signal: AbortSignal): Promise<void> {
    const { membership, log } = this.#options;
    try {
      const size = membership.members().length;
      await delay(Math.random() * size * HESITATION_PER_MEMBER_MS, undefined, { signal });
      if (this.#isMember(key)) return;
      await membership.join(address, { signal, byUser: false });
      this.#failed.delete(key);
      log(`discovery: joined ${address.authority}`);
    } catch (error) {
      if (signal.aborted) return;
      const times = (this.#failed.get(key)?.times ?? 0) + 1;
      const wait = Math.min(FIRST_RETRY_MS * 2 ** (times - 1), LAST_RETRY_MS);
      this.#failed.set(key, { times, until: performance.now() + wait });
      if (times === 1) log(`discovery: not joined: ${errorMessage(error)}`);
    }
  }
}

interface Failure {
  readonly times: number;
  /** When the address may be tried again, on the clock of `performance.now()`. */
  readonly until: number;
}

function interruption(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
