import type { MemberEntry } from '../anchor/circuit.js';
import { memberOnHost } from '../anchor/host-links.js';
import { RemoteMember } from '../anchor/remote-member.js';
import { type Address, isMemberName, type MemberName } from '../base/address.js';
import { CircuitError } from '../base/error.js';
import { type Interruptible, interruptible } from '../base/interruptible.js';
import { redact } from '../base/redact.js';
import { Member } from '../kinds/member/member.js';
import { Anchor } from './anchor.js';
import type { ClientOptions } from './client-options.js';
import { checkMembers, connect, type DaemonConnection } from './connect.js';
import { parsePath } from './path.js';

/**
 * The network as the daemon that we dialled sees it, from a program that is no
 * member. It keeps one connection to that daemon, and with it the program, alive
 * until it is closed.
 */
export class CircuitClient implements AsyncDisposable {
  /** The member that we are connected to. */
  readonly self: MemberName;
  #roster: readonly MemberEntry[];
  readonly #transport: DaemonConnection['transport'];
  readonly #connection: DaemonConnection['connection'];
  /** Those that are listed; a stub of each is enough. */
  readonly #members = new Map<string, RemoteMember>();
  /** The elements that the program has not disposed yet. */
  readonly #held = new Set<Disposable>();
  #isClosed = false;

  private constructor({ transport, connection, roster }: DaemonConnection) {
    this.self = roster.self;
    this.#roster = roster.members;
    this.#transport = transport;
    this.#connection = connection;
    // Until the transport closes: a program may do nothing with us for minutes.
    connection.hold();
  }

  /**
   * Connects to a daemon.
   * @throws CircuitError as {@link connect}
   */
  static async dial(address: Address, options: ClientOptions = {}): Promise<CircuitClient> {
    return new CircuitClient(await connect(address, options));
  }

  /** Whether we are connected still: a connection that is lost does not come back. */
  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** Why we are not connected any more, in a sentence. */
  get whyClosed(): string {
    return this.#isClosed ? 'this client was closed' : this.#connection.ending.sentence;
  }

  /** The members as they were when we dialled, or last refreshed, sorted by name. */
  members(): readonly MemberEntry[] {
    return this.#roster;
  }

  /**
   * Asks the daemon for the members that it knows now; {@link members} gives them, too.
   * @throws CircuitError EHOSTUNREACH (the connection was lost), EINTR
   */
  async refresh({ signal }: Interruptible = {}): Promise<readonly MemberEntry[]> {
    const { members } = await interruptible(this.#connection.main.roster(), signal);
    this.#roster = checkMembers(members);
    return this.#roster;
  }

  /** A member that is listed, or with `.self` the daemon's own. @throws CircuitError ENOENT */
  member(name: string): Member {
    const listed = this.#listed(name === '.self' ? this.self : name);
    if (!listed) throw new CircuitError('ENOENT', `there is no member ${name}`);
    return new Member(listed.name, (signal) => listed.files([], { signal }));
  }

  /**
   * The anchor at `/X…/a/b`, or with `/X…` a member as the root of its anchors, with its own files.
   * As on a mount, `/.self` is the daemon's own member, and `/.hosts/web1` that of {@link members} on the
   * host of this name.
   * Asks nobody: what is not there fails with ENOENT when it is used.
   * @throws CircuitError EINVAL (not a path), ENOENT (not the name of a member, or not of one host's)
   */
  anchor(path: string): Anchor {
    const [name, ...names] = this.#followed(parsePath(path));
    if (name === undefined) {
      const sentence = `${redact(path)} is neither a member, /X…, nor an anchor, /X…/a`;
      throw new CircuitError('EINVAL', sentence);
    }
    if (!isMemberName(name)) throw new CircuitError('ENOENT', `there is no member ${name}`);
    return new Anchor(this.#listed(name) ?? this.#memberNamed(name), names, this.#held);
  }

  /**
   * Disposes everything that was opened through this client, and closes the
   * connection. Calls that still wait fail with EHOSTUNREACH, and streams end.
   */
  close(): void {
    this.#isClosed = true;
    for (const element of [...this.#held]) element[Symbol.dispose]();
    this.#transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** A path without what are links on a mount. */
  #followed(names: readonly string[]): readonly string[] {
    const [first, second, ...rest] = names;
    if (first === '.self') return [this.self, ...names.slice(1)];
    if (first !== '.hosts') return names;
    return second === undefined ? [] : [memberOnHost(this.#roster, second), ...rest];
  }

  #listed(name: string): RemoteMember | undefined {
    const entry = this.#roster.find((member) => member.name === name);
    if (!entry) return undefined;
    const member = this.#members.get(name) ?? this.#memberNamed(entry.name);
    this.#members.set(name, member);
    return member;
  }

  #memberNamed(name: MemberName): RemoteMember {
    return new RemoteMember(name, () => {
      if (this.#connection.isOpen) return this.#connection;
      throw new CircuitError('EHOSTUNREACH', this.whyClosed);
    });
  }
}
