import { readFileSync, statSync } from 'node:fs';
import { Address, type MemberName } from '../base/address.js';
import { errorCode, errorMessage } from '../base/error.js';
import { EvictingMap } from '../base/evicting-map.js';
import { replaceFile } from '../base/replace-file.js';
import { timeLeft } from '../base/time-left.js';
import type { Membership } from '../membership/membership.js';

/**
 * How many members are kept. Any one of them that still runs is enough to come back, and of a
 * hundred random ones some does, unless nearly all have gone.
 */
export const MAX_KNOWN = 100;

/** The size that a hundred addresses with the longest of host names can have. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * The first change is written at once: a daemon that is killed right after its first join comes
 * back. The changes of the time after it are written together.
 */
export const WRITE_PAUSE_MS = 1_000;

/**
 * How long the members of the run before are kept and looked for after we have found a network: the
 * host of one may start late, or the switch that leads to it.
 */
export const FORGET_AFTER_MS = 60 * 60 * 1000;

/** How long after a failure, as of a full disk, the next write is tried. */
export const RETRY_MS = 30_000;

/** How often the log says that writing fails. */
export const COMPLAINT_INTERVAL_MS = 60_000;

export interface KnownMembersOptions {
  /** The file that keeps the members. */
  readonly file: string;
  readonly membership: Membership;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/**
 * The members that this one knew last, in a file for its next run: their circuit addresses, one to
 * a line, listed members before failed ones. The addresses are secrets, so only the owner may read
 * the file. It is replaced as a whole.
 */
export class KnownMembers {
  readonly #options: KnownMembersOptions;
  readonly #watch: Disposable;
  /** The members of the run before that have not been met, each by its address of then. */
  #earlier: readonly string[];
  /** When they were read, on the clock of `performance.now()`. */
  readonly #begun = performance.now();
  /** The addresses of members that failed and may come back, the last to fail last. */
  #failed = newlyFailed();
  /** The content of the file, if it is known. */
  #written: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();
  /** Whether the last write failed. */
  #failing = false;
  #lastComplaint = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** Reads the file. If something is wrong with it, that is logged, and not an error. */
  constructor(options: KnownMembersOptions) {
    this.#options = options;
    this.#earlier = this.#read();
    this.#watch = options.membership.watch(({ kind, member, state }) => {
      this.#failed.delete(member.name);
      if (kind === 'leave' && state === 'failed') this.#failed.set(member.name, member.addr);
      if (kind === 'join') this.#forgetEarlierAt(Address.parse(member.addr).authority);
      this.#writeSoon();
    });
  }

  /**
   * The members that this one is to look for now: those of the run before that it has not met, and while
   * it is alone those that have failed. Forgets those of the run before when it is time.
   */
  sought(): readonly Address[] {
    const isAlone = this.#options.membership.members().length === 1;
    if (!isAlone && performance.now() > this.#begun + FORGET_AFTER_MS) this.#forgetEarlier();
    const failed = isAlone ? [...this.#failed.values()].reverse() : [];
    return [...failed, ...this.#earlier].map(Address.parse);
  }

  /** Forgets all members; resolves when none of them is kept any more. */
  async clear(): Promise<void> {
    this.#earlier = [];
    this.#failed = newlyFailed();
    await this.#write();
  }

  /** Takes no more changes; resolves when the last write has succeeded or failed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch[Symbol.dispose]();
    await this.#write();
  }

  /** The network that we have found knows better who has gone for good. */
  #forgetEarlier(): void {
    if (this.#earlier.length === 0) return;
    this.#earlier = [];
    this.#writeSoon();
  }

  /** A member listens there now, under a new address or that of then. */
  #forgetEarlierAt(authority: string): void {
    const its = `circuit://${authority}/`;
    this.#earlier = this.#earlier.filter((addr) => !addr.startsWith(its));
  }

  #current(): string[] {
    const { membership } = this.#options;
    const { self } = membership;
    const others = membership.members().filter(({ name }) => name !== self.name);
    // Names are random, so the members that follow ours are a sample of our own, which stays.
    const next = others.findIndex(({ name }) => name > self.name);
    const ring = next < 0 ? others : [...others.slice(next), ...others.slice(0, next)];
    const failed = [...this.#failed.values()].reverse();
    const all = [...ring.map(({ addr }) => addr), ...failed, ...this.#earlier];
    return [...new Set(all)].slice(0, MAX_KNOWN);
  }

  #read(): string[] {
    const { file, log } = this.#options;
    try {
      const found = statSync(file);
      const { size } = found;
      // A pipe would hold up the daemon, and a device have no end.
      if (!found.isFile()) throw new Error('it is not a regular file');
      if (size > MAX_FILE_BYTES)
        throw new Error(`it has ${size} bytes, and may have ${MAX_FILE_BYTES}`);
      const text = readFileSync(file, 'utf8');
      const lines = text.split(/\r?\n/).filter((line) => line !== '');
      const good = lines.filter((line) => Address.tryParse(line)).slice(0, MAX_KNOWN);
      const bad = lines.length - good.length;
      if (bad > 0)
        log(`${file}: ${bad} of ${lines.length} lines are not addresses, and are ignored`);
      if (bad === 0) this.#written = text;
      return good;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') this.#written = '';
      else log(`${file} is ignored: ${errorMessage(error)}`);
      return [];
    }
  }

  #writeSoon(): void {
    // A closed membership has no members, and they are all to be kept.
    if (this.#closed) return;
    const pause = this.#failing ? RETRY_MS : WRITE_PAUSE_MS;
    this.#timer ??= setTimeout(() => this.#write(), timeLeft(this.#lastWrite + pause));
  }

  /** Writes one after the other, each the state of its own time. */
  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#keep());
    return this.#writing;
  }

  async #keep(): Promise<void> {
    const text = this.#current()
      .map((addr) => `${addr}\n`)
      .join('');
    if (text !== this.#written) {
      this.#lastWrite = performance.now();
      try {
        await replaceFile(this.#options.file, text);
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#written = text;
    }
    if (this.#failing) this.#options.log('the members are kept for the next start again');
    this.#failing = false;
  }

  #fail(error: unknown): void {
    this.#failing = true;
    if (this.#lastWrite >= this.#lastComplaint + COMPLAINT_INTERVAL_MS) {
      this.#lastComplaint = this.#lastWrite;
      const next = this.#closed ? '' : '; trying again';
      const why = `${errorMessage(error)}${next}`;
      this.#options.log(`the members are not kept for the next start: ${why}`);
    }
    this.#writeSoon();
  }
}

function newlyFailed(): EvictingMap<MemberName, string> {
  return new EvictingMap({ limit: MAX_KNOWN });
}
