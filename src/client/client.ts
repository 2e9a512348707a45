import type { RpcStub } from 'capnweb';
import { type Address, isMemberName, type MemberName } from '../address.js';
import type { Member, MemberEntry } from '../anchor/circuit.js';
import { RemoteMember } from '../anchor/remote.js';
import type { CircuitRoster, CircuitTarget } from '../anchor/target.js';
import { CircuitError } from '../error.js';
import { interruptible } from '../interruptible.js';
import type { Connection } from '../transport/connection.js';
import { CALL_TIMEOUT } from '../transport/limits.js';
import { startRpc } from '../transport/rpc.js';
import type { ClusterKey } from '../transport/security.js';
import { Transport } from '../transport/transport.js';
import { Anchor } from './anchor.js';
import type { Interruptible } from './interruptible-options.js';

export interface ClientOptions extends Interruptible {
  /** What all members of the cluster share, if its daemons were started with one. */
  readonly clusterKey?: ClusterKey | undefined;
}

/**
 * The network as the daemon that we dialled sees it, from a program that is no
 * member. It keeps one connection to that daemon, and with it the program, alive
 * until it is closed.
 */
export class CircuitClient implements AsyncDisposable {
  /** The member that we are connected to. */
  readonly self: MemberName;
  #roster: readonly MemberEntry[];
  readonly #transport: Transport<RpcStub<CircuitTarget>>;
  readonly #connection: Connection<RpcStub<CircuitTarget>>;
  /** Those that are listed; a stub of each is enough. */
  readonly #members = new Map<string, Member>();
  /** The elements that the program has not let go yet. */
  readonly #held = new Set<Disposable>();

  private constructor(parts: {
    readonly roster: CircuitRoster;
    readonly transport: Transport<RpcStub<CircuitTarget>>;
    readonly connection: Connection<RpcStub<CircuitTarget>>;
  }) {
    this.self = parts.roster.self;
    this.#roster = [...parts.roster.members];
    this.#transport = parts.transport;
    this.#connection = parts.connection;
    // Until the transport closes: a program may do nothing with us for minutes.
    this.#connection.hold();
  }

  /**
   * Connects to a daemon.
   * @throws CircuitError EACCES (wrong secret or cluster key), ECONNREFUSED, ETIMEDOUT
   *   (no answer within 5 s), EHOSTUNREACH, EPROTO (not a circuit), EINTR
   */
  static async dial(address: Address, options: ClientOptions = {}): Promise<CircuitClient> {
    const { clusterKey, signal } = options;
    const transport = new Transport<RpcStub<CircuitTarget>>({
      clusterKey,
      start: (socket, _peer, heard) => startRpc(socket, undefined, heard),
    });
    const limit = AbortSignal.timeout(CALL_TIMEOUT);
    const either = signal ? AbortSignal.any([limit, signal]) : limit;
    try {
      const connection = await transport.connect(address, either);
      const { self, members } = await interruptible(connection.main.roster(), either);
      if (!isMemberName(self)) throw new CircuitError('EPROTO', 'the daemon gave no name');
      return new CircuitClient({ roster: { self, members }, transport, connection });
    } catch (error) {
      transport.close();
      if (limit.aborted && !signal?.aborted) {
        const where = address.authority;
        throw new CircuitError(
          'ETIMEDOUT',
          `${where} did not answer within ${CALL_TIMEOUT / 1000} s`,
        );
      }
      throw error;
    }
  }

  /** Whether we are connected still: a connection that is lost does not come back. */
  get isOpen(): boolean {
    return this.#connection.isOpen;
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
    this.#roster = [...members];
    return this.#roster;
  }

  /** A member that is listed. @throws CircuitError ENOENT */
  member(name: string): Member {
    const entry = this.#roster.find((member) => member.name === name);
    if (!entry) throw new CircuitError('ENOENT', `there is no member ${name}`);
    const member = this.#members.get(name) ?? this.#memberNamed(entry.name);
    this.#members.set(name, member);
    return member;
  }

  /**
   * The anchor at `/X…/a/b`, or with `/X…` a member as the root of its anchors.
   * Asks nobody: what is not there fails with ENOENT when it is used.
   * @throws CircuitError EINVAL (not a path), ENOENT (not the name of a member)
   */
  anchor(path: string): Anchor {
    if (!path.startsWith('/')) {
      throw new CircuitError('EINVAL', 'the path of an anchor begins with a slash, as in /X…/a');
    }
    const [name, ...names] = path.split('/').filter((part) => part !== '');
    if (name === undefined) {
      throw new CircuitError('EINVAL', 'the path of an anchor begins with a member, as in /X…/a');
    }
    if (!isMemberName(name)) throw new CircuitError('ENOENT', `there is no member ${name}`);
    const listed = this.#roster.some((member) => member.name === name);
    const member = listed ? this.member(name) : this.#memberNamed(name);
    return new Anchor(member, names, this.#held);
  }

  /**
   * Lets go of everything that was come by through this client, and of the
   * connection. What still waits fails with EHOSTUNREACH, and its streams end.
   */
  close(): void {
    for (const element of [...this.#held]) element[Symbol.dispose]();
    this.#transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #memberNamed(name: MemberName): Member {
    return new RemoteMember(name, async () => {
      if (this.#connection.isOpen) return this.#connection;
      throw new CircuitError('EHOSTUNREACH', 'the connection to the daemon was lost');
    });
  }
}
