import { setTimeout as delay } from 'node:timers/promises';
import type { Circuit, Member, MemberEntry } from '../anchor/circuit.js';
import { RemoteMember } from '../anchor/remote-member.js';
import type { Address, MemberName } from '../base/address.js';
import { errorMessage } from '../base/error.js';
import { Listeners } from '../base/listeners.js';
import type { ClientOptions } from './client-options.js';
import { checkMembers, connect, type DaemonConnection } from './connect.js';

/** How often a daemon that cannot be reached is dialled. */
const RETRY_MS = 2_000;

export interface ViewOptions extends ClientOptions {
  /** Told, in a sentence, when the daemon is out of reach and why, and when it is reached again. */
  readonly note?: (text: string) => void;
}

/**
 * The network as the daemon that we dialled sees it, kept up to date, for a program
 * that is no member. When the connection is lost, the members stay listed as they
 * were last known, and their calls fail with EHOSTUNREACH. The daemon is dialled again when a member
 * is called, and from time to time.
 */
export class CircuitView implements Circuit, Disposable {
  readonly self: MemberName;
  readonly #address: Address;
  readonly #transport: DaemonConnection['transport'];
  readonly #note: (text: string) => void;
  readonly #listeners = new Listeners<[name: MemberName, gone: boolean]>();
  readonly #closing = new AbortController();
  #roster: ReadonlyMap<string, MemberEntry> = new Map();
  /** The same, as a list. */
  #entries: readonly MemberEntry[] = [];
  /** Those that were asked for. */
  readonly #members = new Map<string, Member>();
  /** Why the daemon is out of reach, as it was noted last. */
  #trouble: string | undefined;

  private constructor(
    address: Address,
    { transport, roster }: DaemonConnection,
    note: (text: string) => void,
  ) {
    this.self = roster.self;
    this.#address = address;
    this.#transport = transport;
    this.#note = note;
    this.#take(roster.members);
  }

  /**
   * Connects to a daemon. The result keeps the program alive until it is disposed.
   * @throws CircuitError as {@link connect}
   */
  static async dial(address: Address, options: ViewOptions = {}): Promise<CircuitView> {
    const connected = await connect(address, options);
    const view = new CircuitView(address, connected, options.note ?? (() => {}));
    view.#keepUp();
    return view;
  }

  members(): readonly MemberEntry[] {
    return this.#entries;
  }

  member(name: string): Member | undefined {
    const entry = this.#roster.get(name);
    if (!entry) return undefined;
    const member = this.#members.get(name) ?? new RemoteMember(entry.name, () => this.#connect());
    this.#members.set(name, member);
    return member;
  }

  watch(listener: (name: MemberName, gone: boolean) => void): Disposable {
    return this.#listeners.add(listener);
  }

  /** Calls that still wait fail with EHOSTUNREACH. */
  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#transport.close();
  }

  /** The connection that there is, or a new one; all who ask meanwhile share it. */
  #connect() {
    const standing = this.#transport.standing(this.#address.toString());
    return standing ?? this.#transport.connect(this.#address);
  }

  async #keepUp(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (signal.aborted) return;
        this.#noteTrouble(errorMessage(error));
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Takes each change of the roster, until the connection is lost. */
  async #follow(): Promise<never> {
    const connection = await this.#connect();
    using _held = connection.hold();
    using roster = connection.main.followRoster();
    for (;;) {
      this.#take(checkMembers(await roster.next()));
      this.#noteTrouble(undefined);
    }
  }

  #take(members: readonly MemberEntry[]): void {
    const before = this.#roster;
    const now = new Map(members.map((entry) => [entry.name, entry]));
    this.#roster = now;
    this.#entries = [...now.values()];
    // One that has come back under its old name is another member.
    for (const { name, joined } of before.values()) {
      if (now.get(name)?.joined !== joined) this.#tell(name, true);
    }
    for (const { name, joined } of now.values()) {
      if (before.get(name)?.joined !== joined) this.#tell(name, false);
    }
  }

  #tell(name: MemberName, gone: boolean): void {
    if (gone) this.#members.delete(name);
    this.#listeners.tell(name, gone);
  }

  /** @param why The daemon is out of reach; nothing where it is reached. */
  #noteTrouble(why: string | undefined): void {
    if (why === this.#trouble) return;
    this.#trouble = why;
    const state =
      why === undefined ? 'is reached again' : `cannot be reached now: ${why}; trying again`;
    this.#note(`${this.#address.authority} ${state}`);
  }
}
