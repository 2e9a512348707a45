import { readFileSync, statSync } from 'node:fs';
import { Address, type MemberName } from '../base/address.js';
import { errorCode, errorMessage } from '../base/error.js';
import { EvictingMap } from '../base/evicting-map.js';
import { replaceFile } from '../base/replace-file.js';
import { timeLeft } from '../base/time-left.js';
import type { Membership } from '../membership/membership.js';

/**
 * How many members are kept. Any one that still runs is enough to come back by, and of a
 * hundred taken at random one does, unless nearly all have gone.
 */
export const MAX_KNOWN = 100;

/** In bytes: what a hundred addresses with the longest of host names can come to. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * The first change is written at once: a daemon that is killed the moment after its first join
 * comes back. Those that follow within so many milliseconds are written together.
 */
export const WRITE_PAUSE_MS = 1_000;

/** After a failure, as of a full disk, it is tried again so many milliseconds later. */
export const RETRY_MS = 30_000;

/** While it fails the log says so once in so many milliseconds. */
export const COMPLAINT_INTERVAL_MS = 60_000;

export interface KnownMembersOptions {
  /** Where they are kept. */
  readonly file: string;
  readonly membership: Membership;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/**
 * The members that this one knew last, in a file for its next run: their circuit
 * addresses, one to a line, those that are listed before those that failed. They are
 * secrets: the file is its owner's alone. It is replaced as a whole.
 */
export class KnownMembers {
  readonly #options: KnownMembersOptions;
  readonly #watch: Disposable;
  /** From the run before, until one of them has answered. */
  #earlier: readonly string[];
  /** Those that failed, not left, and may come back; the last to fail comes last. */
  #failed = newlyFailed();
  /** What the file holds, if that is known. */
  #written: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();
  /** The last write failed. */
  #failing = false;
  #lastComplaint = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** Reads the file; what is wrong with it is logged, and no failure. */
  constructor(options: KnownMembersOptions) {
    this.#options = options;
    this.#earlier = this.#read();
    this.#watch = options.membership.watch(({ kind, member, state }) => {
      this.#failed.delete(member.name);
      if (kind === 'leave' && state === 'failed') this.#failed.set(member.name, member.addr);
      this.#writeSoon();
    });
  }

  /** Those of the run before. */
  get earlier(): readonly Address[] {
    return this.#earlier.map(Address.parse);
  }

  /** One of those of the run before has answered: what it knows is newer than what they were. */
  forgetEarlier(): void {
    this.#earlier = [];
    this.#writeSoon();
  }

  /** Forgets all; resolves when nothing of them is kept any more. */
  async clear(): Promise<void> {
    this.#earlier = [];
    this.#failed = newlyFailed();
    await this.#write();
  }

  /** Notes no more; resolves when the last change is kept, or could not be: it is tried once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch[Symbol.dispose]();
    await this.#write();
  }

  #current(): string[] {
    const { membership } = this.#options;
    const { self } = membership;
    const others = membership.members().filter(({ name }) => name !== self.name);
    // Names are random, so who follows upon our own is a sample of our own, which stays.
    const next = others.findIndex(({ name }) => name > self.name);
    const ring = next < 0 ? others : [...others.slice(next), ...others.slice(0, next)];
    const failed = [...this.#failed.values()].reverse();
    const all = [...ring.map(({ addr }) => addr), ...failed, ...this.#earlier];
    return [...new Set(all)].slice(0, MAX_KNOWN);
  }

  #read(): string[] {
    const { file, log } = this.#options;
    try {
      const { size } = statSync(file);
      if (size > MAX_FILE_BYTES)
        throw new Error(`it has ${size} bytes; ${MAX_FILE_BYTES} are the most`);
      const text = readFileSync(file, 'utf8');
      const lines = text.split(/\r?\n/).filter((line) => line !== '');
      const good = lines.filter((line) => Address.tryParse(line)).slice(0, MAX_KNOWN);
      const bad = lines.length - good.length;
      if (bad > 0) log(`${file}: ${bad} of ${lines.length} lines are no addresses, and ignored`);
      if (bad === 0) this.#written = text;
      return good;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') this.#written = '';
      else log(`${file} is ignored: ${errorMessage(error)}`);
      return [];
    }
  }

  #writeSoon(): void {
    // When the membership has been closed nobody is a member, and all of them are to be kept.
    if (this.#closed) return;
    const pause = this.#failing ? RETRY_MS : WRITE_PAUSE_MS;
    this.#timer ??= setTimeout(() => this.#write(), timeLeft(this.#lastWrite + pause));
  }

  /** One after the other, each with what is true when its turn comes. */
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
