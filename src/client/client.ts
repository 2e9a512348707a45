import type { RpcStub } from 'capnweb';
import { type Address, isMemberName, type MemberName } from '../address.js';
import type { Member, MemberEntry } from '../anchor/circuit.js';
import { RemoteMember } from '../anchor/remote.js';
import type { CircuitTarget } from '../anchor/target.js';
import { CircuitError } from '../error.js';
import { interruptible } from '../interruptible.js';
import type { Connection } from '../transport/connection.js';
import { CALL_TIMEOUT } from '../transport/limits.js';
import { startRpc } from '../transport/rpc.js';
import type { ClusterKey } from '../transport/security.js';
import { Transport } from '../transport/transport.js';

export interface ClientOptions {
  readonly clusterKey?: ClusterKey | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The network as the daemon that we dialled sees it, from a program that is no member. */
export class CircuitClient implements AsyncDisposable {
  /** The member that we are connected to. */
  readonly self: MemberName;
  readonly #members: readonly MemberEntry[];
  readonly #transport: Transport<RpcStub<CircuitTarget>>;
  readonly #connection: Connection<RpcStub<CircuitTarget>>;

  private constructor(parts: {
    readonly self: MemberName;
    readonly members: readonly MemberEntry[];
    readonly transport: Transport<RpcStub<CircuitTarget>>;
    readonly connection: Connection<RpcStub<CircuitTarget>>;
  }) {
    this.self = parts.self;
    this.#members = parts.members;
    this.#transport = parts.transport;
    this.#connection = parts.connection;
  }

  /**
   * Connects to a daemon.
   * @throws CircuitError EACCES, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, EPROTO, EINTR
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
      return new CircuitClient({ self, members: [...members], transport, connection });
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

  /** The members as they were when we dialled, sorted by name. */
  members(): readonly MemberEntry[] {
    return this.#members;
  }

  /** A member that is listed. @throws CircuitError ENOENT */
  member(name: string): Member {
    const entry = this.#members.find((member) => member.name === name);
    if (!entry) throw new CircuitError('ENOENT', `there is no member ${name}`);
    return new RemoteMember(entry.name, async () => {
      if (this.#connection.isOpen) return this.#connection;
      throw new CircuitError('EHOSTUNREACH', 'the connection to the daemon was lost');
    });
  }

  close(): void {
    this.#transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
