import type { RpcStub } from 'capnweb';
import type { MemberName } from '../address.js';
import { asCircuitError, CircuitError, errorMessage } from '../error.js';
import { interruptible } from '../interruptible.js';
import type { Connection } from '../transport/connection.js';
import { CALL_TIMEOUT } from '../transport/limits.js';
import type { AnchorPath, AnchorView, LogExtent, Member, MemberPeek } from './circuit.js';
import type { CircuitTarget, MemberTarget } from './target.js';

/** How to come by a connection through which the member can be called. */
export type Connect = (signal?: AbortSignal) => Promise<Connection<RpcStub<CircuitTarget>>>;

/** A member of which we hold a stub. */
export class RemoteMember implements Member {
  readonly name: MemberName;
  readonly #connect: Connect;
  #via: Connection<RpcStub<CircuitTarget>> | undefined;
  #stub: RpcStub<MemberTarget> | undefined;

  constructor(name: MemberName, connect: Connect) {
    this.name = name;
    this.#connect = connect;
  }

  addr(signal?: AbortSignal): Promise<string> {
    return this.#call((member) => member.addr(), signal);
  }

  join(addresses: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.join([...addresses]), signal, 2 * CALL_TIMEOUT);
  }

  leave(signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.leave(), signal);
  }

  shutdown(signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.shutdown(), signal);
  }

  peek(signal?: AbortSignal): Promise<MemberPeek> {
    return this.#call((member) => member.peek(), signal);
  }

  stk(signal?: AbortSignal): Promise<string> {
    return this.#call((member) => member.stk(), signal);
  }

  log(signal?: AbortSignal): Promise<LogExtent> {
    return this.#call((member) => member.log(), signal);
  }

  readLog(offset: number, size: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#call((member) => member.readLog(offset, size), signal);
  }

  view(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView> {
    return this.#call((member) => member.view([...path]), signal);
  }

  mkdir(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView> {
    return this.#call((member) => member.mkdir([...path]), signal);
  }

  rmdir(path: AnchorPath, signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.rmdir([...path]), signal);
  }

  async #call<T>(
    run: (member: RpcStub<MemberTarget>) => PromiseLike<T>,
    signal?: AbortSignal,
    timeout = CALL_TIMEOUT,
  ): Promise<T> {
    const limit = AbortSignal.timeout(timeout);
    const either = signal ? AbortSignal.any([signal, limit]) : limit;
    try {
      const connection = await this.#connected(either);
      using _inUse = connection.hold();
      return await interruptible(run(this.#stubOf(connection)), either);
    } catch (error) {
      if (signal?.aborted) throw new CircuitError('EINTR', 'interrupted');
      if (limit.aborted) throw unreachable(this.name, `no answer within ${timeout / 1000} s`);
      throw asCircuitError(error);
    }
  }

  async #connected(signal: AbortSignal): Promise<Connection<RpcStub<CircuitTarget>>> {
    if (this.#via?.isOpen) return this.#via;
    try {
      return await this.#connect(signal);
    } catch (error) {
      throw unreachable(this.name, errorMessage(error));
    }
  }

  #stubOf(connection: Connection<RpcStub<CircuitTarget>>): RpcStub<MemberTarget> {
    if (this.#via !== connection || !this.#stub) {
      this.#via = connection;
      this.#stub = connection.main.member(this.name);
    }
    return this.#stub;
  }
}

function unreachable(name: MemberName, why: string): CircuitError {
  return new CircuitError('EHOSTUNREACH', `${name} cannot be reached now: ${why}`);
}
