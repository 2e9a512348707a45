import type { RpcStub } from 'capnweb';
import type { MemberName } from '../base/address.js';
import { asCircuitError, CircuitError, errorCode, errorMessage } from '../base/error.js';
import { type Interruptible, interruptible, within } from '../base/interruptible.js';
import { CALL_TIMEOUT_MS } from '../transport/limits.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type {
  AnchorEntry,
  AnchorPath,
  AnchorView,
  AttendedProcess,
  Channel,
  LogExtent,
  LogPiece,
  Member,
  MemberPeek,
  MemberPeers,
  Process,
  SubscriptionKind,
} from './circuit.js';
import { Followers } from './followers.js';
import { KnownAnchors } from './known-anchors.js';
import { call, letGo } from './remote-call.js';
import { RemoteChannel } from './remote-channel.js';
import { RemoteAttendedProcess, RemoteProcess } from './remote-process.js';
import type { CircuitTarget, MemberTarget } from './target.js';

type Via = PeerConnection<RpcStub<CircuitTarget>>;

/**
 * How to come by a connection through which the member can be called; asked for each call. One
 * that stands is given at once.
 */
export type Connect = () => Via | Promise<Via>;

/** Who is called may itself wait for another for 5 s; its answer is to be heard. In milliseconds. */
const RELAY_TIMEOUT_MS = CALL_TIMEOUT_MS + 500;

/** One that has been silent is not given longer to tell what it can be shown without, in milliseconds. */
const SUSPECT_TIMEOUT_MS = 1_000;

/** A member of which we hold a stub. */
export class RemoteMember implements Member {
  readonly name: MemberName;
  readonly #connect: Connect;
  readonly #listed: (() => MemberPeek | undefined) | undefined;
  #via: Via | undefined;
  #stub: RpcStub<MemberTarget> | undefined;
  /** The stub is known to be one of a member. */
  #hasAnswered = false;
  /** Somebody wants to know what is known of its anchors: otherwise it is not followed. */
  #wanted = false;
  #anchors: KnownAnchors | undefined;
  readonly #followers = new Followers();

  /**
   * @param listed What we know of it ourselves, without asking it; nothing once it has gone.
   *   Not given where we look through another's eyes, whose answers have it.
   */
  constructor(name: MemberName, connect: Connect, listed?: () => MemberPeek | undefined) {
    this.name = name;
    this.#connect = connect;
    this.#listed = listed;
  }

  get suspected(): boolean {
    return this.#listed?.()?.State === 'suspect';
  }

  addr(signal?: AbortSignal): Promise<string> {
    return this.#call((member) => member.addr(), signal);
  }

  join(addresses: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.join([...addresses]), signal, RELAY_TIMEOUT_MS);
  }

  leave(signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.leave(), signal);
  }

  shutdown(signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.shutdown(), signal);
  }

  async peek(signal?: AbortSignal): Promise<MemberPeek> {
    if (!this.#listed) return await this.#call((member) => member.peek(), signal, RELAY_TIMEOUT_MS);
    const limit = this.suspected ? SUSPECT_TIMEOUT_MS : CALL_TIMEOUT_MS;
    let told: MemberPeek | undefined;
    try {
      told = await this.#call((member) => member.peek(), signal, limit);
    } catch (error) {
      if (errorCode(error) !== 'EHOSTUNREACH') throw error;
    }
    const known = this.#listed();
    if (!known) throw new CircuitError('ENOENT', `${this.name} is not in the network any more`);
    return { ...known, ...told, State: known.State, Since: known.Since };
  }

  peers(signal?: AbortSignal): Promise<MemberPeers> {
    return this.#call((member) => member.peers(), signal);
  }

  stk(signal?: AbortSignal): Promise<string> {
    return this.#call((member) => member.stk(), signal);
  }

  log(signal?: AbortSignal): Promise<LogExtent> {
    return this.#call((member) => member.log(), signal);
  }

  readLog(offset: number, size: number, signal?: AbortSignal): Promise<LogPiece> {
    return this.#call((member) => member.readLog(offset, size), signal);
  }

  async whenLogged(offset: number, signal?: AbortSignal): Promise<void> {
    const wait = await this.#element(
      (member, connection) => ({ growth: member.logGrowth(), held: connection.hold() }),
      { signal },
    );
    using _held = wait.held;
    using growth = wait.growth;
    await call(growth.beyond(offset), signal);
  }

  stat(path: AnchorPath, signal?: AbortSignal): Promise<AnchorEntry> {
    return this.#call(async (member, connection) => {
      const anchors = this.#followed(connection, member);
      const entry = await member.stat([...path]);
      anchors?.add(path, entry);
      return entry;
    }, signal);
  }

  view(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView> {
    return this.#call(async (member, connection) => {
      const anchors = this.#followed(connection, member);
      const view = await member.view([...path]);
      anchors?.addView(path, view);
      return view;
    }, signal);
  }

  known(path: AnchorPath): AnchorEntry | undefined {
    this.#wanted = true;
    return this.#anchors?.get(path);
  }

  follow(changed: () => Promise<void>): Disposable {
    this.#wanted = true;
    return this.#followers.add(changed);
  }

  mkdir(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView> {
    return this.#call((member) => member.mkdir([...path]), signal);
  }

  rmdir(path: AnchorPath, signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.rmdir([...path]), signal);
  }

  makeChannel(path: AnchorPath, capacity: number, signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.makeChannel([...path], capacity), signal);
  }

  channel(path: AnchorPath, caller?: Interruptible): Promise<Channel> {
    return this.#element(
      (member, connection) => new RemoteChannel(member.channel([...path]), connection),
      caller,
    );
  }

  makeProcess(path: AnchorPath, command: string, signal?: AbortSignal): Promise<Process> {
    return this.#start(
      async (member, connection) =>
        new RemoteProcess(await member.makeProcess([...path], command), connection),
      signal,
    );
  }

  attendProcess(path: AnchorPath, command: string, signal?: AbortSignal): Promise<AttendedProcess> {
    return this.#start(
      async (member, connection) =>
        new RemoteAttendedProcess(await member.attendProcess([...path], command), connection),
      signal,
    );
  }

  async #start<T extends Process>(
    start: (member: RpcStub<MemberTarget>, connection: Via) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const making = this.#attempt(start);
    try {
      return await this.#answer(making, signal);
    } catch (error) {
      // It may come yet, and nobody waits for it any more.
      making.then(
        (process) => process[Symbol.dispose](),
        () => {},
      );
      throw error;
    }
  }

  process(path: AnchorPath, caller?: Interruptible): Promise<Process> {
    return this.#element(
      (member, connection) => new RemoteProcess(member.process([...path]), connection),
      caller,
    );
  }

  makeSubscription(path: AnchorPath, kind: SubscriptionKind, signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.makeSubscription([...path], kind), signal);
  }

  scrub(path: AnchorPath, signal?: AbortSignal): Promise<void> {
    return this.#call((member) => member.scrub([...path]), signal);
  }

  /** What is called of an element goes out together with the asking for it, in one round trip. */
  async #element<T>(
    make: (member: RpcStub<MemberTarget>, connection: Via) => T,
    caller?: Interruptible,
  ): Promise<T> {
    const connected = this.#connected();
    const standing = !(connected instanceof Promise);
    const connection = standing ? connected : await this.#answer(connected, caller?.signal);
    return make(this.#stubOf(connection), connection);
  }

  #call<T>(
    run: (member: RpcStub<MemberTarget>, connection: Via) => PromiseLike<T>,
    signal?: AbortSignal,
    timeout?: number,
  ): Promise<T> {
    return this.#answer(this.#attempt(run), signal, timeout);
  }

  async #answer<T>(
    call: Promise<T>,
    signal: AbortSignal | undefined,
    timeout = CALL_TIMEOUT_MS,
  ): Promise<T> {
    const late = () => unreachable(this.name, `no answer within ${timeout / 1000} s`);
    return await interruptible(within(call, timeout, late), signal);
  }

  async #attempt<T>(
    run: (member: RpcStub<MemberTarget>, connection: Via) => PromiseLike<T>,
  ): Promise<T> {
    const connection = await this.#connected();
    using _inUse = connection.hold();
    const stub = this.#stubOf(connection);
    try {
      const answer = await run(stub, connection);
      if (this.#stub === stub) this.#hasAnswered = true;
      return answer;
    } catch (error) {
      // It may not have been there yet when the stub was made.
      const isNew = this.#stub === stub && !this.#hasAnswered;
      if (isNew && errorCode(error) === 'ENOENT') this.#forgetStub();
      // What the member itself says comes as a plain Error; ours is of the connection.
      if (error instanceof CircuitError) throw unreachable(this.name, error.message);
      throw asCircuitError(error);
    }
  }

  #connected(): Via | Promise<Via> {
    const failed = (error: unknown): never => {
      // It may not be a member any more, whatever connection there is.
      this.#forget(this.#anchors);
      throw unreachable(this.name, errorMessage(error));
    };
    try {
      const connected = this.#connect();
      return connected instanceof Promise ? connected.catch(failed) : connected;
    } catch (error) {
      return failed(error);
    }
  }

  #stubOf(connection: Via): RpcStub<MemberTarget> {
    if (this.#via !== connection) {
      this.#forgetStub();
      this.#forget(this.#anchors);
    }
    this.#via = connection;
    this.#stub ??= connection.main.member(this.name);
    return this.#stub;
  }

  /**
   * Where to keep what the member tells. It is asked first to say when that is about to change;
   * when it does, or could not, all is dropped.
   */
  #followed(connection: Via, member: RpcStub<MemberTarget>): KnownAnchors | undefined {
    if (this.#anchors || !this.#wanted) return this.#anchors;
    const anchors = new KnownAnchors();
    this.#anchors = anchors;
    const silence = connection.whenSilent(() => this.#forget(anchors));
    const change = member.follow();
    const over = async () => {
      silence[Symbol.dispose]();
      this.#forget(anchors);
      await this.#followers.heard();
      // By this the member sees that we have heard.
      letGo(change);
    };
    change.told().then(over, over);
    return anchors;
  }

  #forget(anchors: KnownAnchors | undefined): void {
    if (!anchors || this.#anchors !== anchors) return;
    this.#anchors = undefined;
    this.#followers.tell();
  }

  /** What is not let go of the peer keeps as long as the connection lasts. */
  #forgetStub(): void {
    letGo(this.#stub);
    this.#stub = undefined;
    this.#hasAnswered = false;
  }
}

function unreachable(name: MemberName, why: string): CircuitError {
  return new CircuitError('EHOSTUNREACH', `${name} cannot be reached now: ${why}`);
}
