import type { RpcStub } from 'capnweb';
import type { MemberName } from '../base/address.js';
import { asCircuitError, CircuitError, errorCode, errorMessage } from '../base/error.js';
import { interruptible, within } from '../base/interruptible.js';
import type { Files } from '../kinds/control-file.js';
import type { MemberPeek } from '../kinds/member/kind.js';
import { REGISTRY, type Registry } from '../kinds/registry.js';
import type { Description } from '../kinds/table.js';
import { CALL_TIMEOUT_MS, RELAY_TIMEOUT_MS } from '../transport/limits.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type {
  AnchorEntry,
  AnchorPath,
  AnchorView,
  FilesOpener,
  MakeOptions,
  Member,
} from './circuit.js';
import type { CircuitTarget } from './circuit-target.js';
import { DelegatedAnchors } from './delegated-anchors.js';
import { Delegations } from './delegations.js';
import type { FilesTarget } from './files-target.js';
import { listedMemberFiles } from './listed-member-files.js';
import type { MemberTarget } from './member-target.js';
import { call, disposeStub } from './remote-call.js';
import { type Answer, RemoteFiles } from './remote-files.js';

type Connection = PeerConnection<CircuitTarget>;
type MemberStub = RpcStub<MemberTarget>;

/**
 * How to come by a connection through which the member can be called; asked for each call. One
 * that stands is given at once.
 */
export type Connect = () => Connection | Promise<Connection>;

/** One that has been silent is not given longer to tell what it can be shown without. */
const SUSPECT_TIMEOUT_MS = 1_000;

/** A member of which we hold a stub. */
export class RemoteMember implements Member {
  readonly name: MemberName;
  readonly #connect: Connect;
  readonly #listed: (() => MemberPeek | undefined) | undefined;
  readonly #registry: Registry;
  #connection: Connection | undefined;
  #stub: MemberStub | undefined;
  /** The stub is known to be one of a member. */
  #hasAnswered = false;
  /** Somebody wants to know what is known of its anchors: otherwise no delegation is asked for. */
  #wanted = false;
  #delegated: DelegatedAnchors | undefined;
  readonly #delegations = new Delegations();
  /** The descriptions of kinds that this daemon does not have. */
  readonly #descriptions = new Map<string, Promise<Description>>();

  /**
   * @param listed Gives the facts that this daemon knows of it; nothing once it has gone. A client has
   *   none, and gets them with the answers of its daemon.
   * @param registry The kinds that we know.
   */
  constructor(
    name: MemberName,
    connect: Connect,
    listed?: () => MemberPeek | undefined,
    registry: Registry = REGISTRY,
  ) {
    this.name = name;
    this.#connect = connect;
    this.#listed = listed;
    this.#registry = registry;
  }

  get suspected(): boolean {
    return this.#listed?.()?.State === 'suspect';
  }

  stat(path: AnchorPath, signal?: AbortSignal): Promise<AnchorEntry> {
    return this.#call(async (member, connection) => {
      const anchors = this.#delegatedBy(connection, member);
      const entry = await member.stat([...path]);
      anchors?.add(path, entry);
      return entry;
    }, signal);
  }

  view(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView> {
    return this.#call(async (member, connection) => {
      const anchors = this.#delegatedBy(connection, member);
      const view = await member.view([...path]);
      anchors?.addView(path, view);
      return view;
    }, signal);
  }

  known(path: AnchorPath): AnchorEntry | undefined {
    this.#wanted = true;
    return this.#delegated?.get(path);
  }

  delegate(recall: () => Promise<void>): Disposable {
    this.#wanted = true;
    return this.#delegations.add(recall);
  }

  mkdir(path: AnchorPath, signal?: AbortSignal): Promise<AnchorView> {
    return this.#call((member) => member.mkdir([...path]), signal);
  }

  async rmdir(path: AnchorPath, signal?: AbortSignal): Promise<void> {
    await this.#slowly((member) => member.rmdir([...path]), signal);
  }

  describe(directory: string, signal?: AbortSignal): Description | Promise<Description> {
    const known = this.#registry.describe(directory);
    if (known) return known;
    const asked =
      this.#descriptions.get(directory) ?? this.#call((member) => member.describe(directory));
    this.#descriptions.set(directory, asked);
    asked.catch(() => this.#descriptions.delete(directory));
    return interruptible(asked, signal);
  }

  async files(path: AnchorPath, opener?: FilesOpener): Promise<Files> {
    if (path.length > 0 || !this.#listed) return await this.#files(path, opener);
    const timeoutMs = this.suspected ? SUSPECT_TIMEOUT_MS : CALL_TIMEOUT_MS;
    const files = await this.#files(path, opener, timeoutMs).catch((error) => {
      if (errorCode(error) !== 'EHOSTUNREACH') throw error;
      return asCircuitError(error);
    });
    return listedMemberFiles({ files, name: this.name, listed: this.#listed, timeoutMs });
  }

  async make(
    path: AnchorPath,
    file: string,
    text: string,
    { signal, attended = false }: MakeOptions = {},
  ): Promise<Files> {
    if (this.#registry.madeBy(file)?.make.waits) {
      const { answer, connection } = await this.#slowly<RpcStub<FilesTarget>>(
        (member) => member.making([...path], file, text, attended),
        signal,
      );
      return this.#filesOver(answer, connection);
    }
    const making = this.#attempt(async (member, connection) =>
      this.#filesOver(await member.make([...path], file, text, attended), connection),
    );
    try {
      return await this.#inTime(making, signal, RELAY_TIMEOUT_MS);
    } catch (error) {
      // The files may come yet, and this call does not wait for them any more.
      making.then(
        (files) => files[Symbol.dispose](),
        () => {},
      );
      throw error;
    }
  }

  /** Asks for what may take without a limit: the member tells that it has begun, and then waits. */
  async #slowly<T>(
    begin: (member: MemberStub) => PromiseLike<Disposable & { done(): PromiseLike<T> }>,
    signal?: AbortSignal,
  ): Promise<{ answer: T; connection: Connection }> {
    const begun = this.#attempt(async (member, connection) => ({
      running: await begin(member),
      connection,
    }));
    try {
      const { running, connection } = await this.#inTime(begun, signal, RELAY_TIMEOUT_MS);
      using held = running;
      return { answer: await call(held.done(), signal), connection };
    } catch (error) {
      // It may come yet, and nobody waits for it any more.
      begun.then(
        ({ running }) => disposeStub(running),
        () => {},
      );
      throw error;
    }
  }

  /** The first call of the files goes out together with the call for the files, in one round trip. */
  async #files(
    path: AnchorPath,
    opener: FilesOpener | undefined,
    timeoutMs?: number,
  ): Promise<Files> {
    const connected = this.#connected();
    const standing = !(connected instanceof Promise);
    const connection = standing
      ? connected
      : await this.#inTime(connected, opener?.signal, timeoutMs);
    return this.#filesOver(this.#stubOf(connection).files([...path]), connection);
  }

  #filesOver(stub: RpcStub<FilesTarget>, connection: Connection): RemoteFiles {
    return new RemoteFiles(stub, connection, this.#answer);
  }

  #call<T>(
    run: (member: MemberStub, connection: Connection) => PromiseLike<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#inTime(this.#attempt(run), signal);
  }

  /** @param timeoutMs Longer for a daemon that relays, and may itself wait for the member. */
  async #inTime<T>(
    answer: Promise<T>,
    signal: AbortSignal | undefined,
    timeoutMs = this.#listed ? CALL_TIMEOUT_MS : RELAY_TIMEOUT_MS,
  ): Promise<T> {
    const late = () => unreachable(this.name, `no answer within ${timeoutMs / 1000} s`);
    return await interruptible(within(answer, timeoutMs, late), signal);
  }

  async #attempt<T>(
    run: (member: MemberStub, connection: Connection) => PromiseLike<T>,
  ): Promise<T> {
    const connection = await this.#connected();
    using _inUse = connection.hold();
    const stub = this.#stubOf(connection);
    return await this.#translated(stub, () => run(stub, connection));
  }

  readonly #answer: Answer = (ask, signal, timeoutMs) =>
    this.#inTime(this.#translated(this.#stub, ask), signal, timeoutMs);

  /** @throws CircuitError EHOSTUNREACH: the connection was lost; or what the member answers */
  async #translated<T>(stub: MemberStub | undefined, ask: () => PromiseLike<T>): Promise<T> {
    try {
      const answer = await ask();
      if (this.#stub === stub) this.#hasAnswered = true;
      return answer;
    } catch (error) {
      // The member may not have been there yet when the stub was made.
      const isNew = this.#stub === stub && !this.#hasAnswered;
      if (isNew && errorCode(error) === 'ENOENT') this.#forgetStub();
      // The member's own errors come as a plain Error; a CircuitError is of the connection.
      if (error instanceof CircuitError) throw unreachable(this.name, error.message);
      throw asCircuitError(error);
    }
  }

  #connected(): Connection | Promise<Connection> {
    const failed = (error: unknown): never => {
      // It may not be a member any more, whatever connection there is.
      this.#recall(this.#delegated);
      throw unreachable(this.name, errorMessage(error));
    };
    try {
      const connected = this.#connect();
      return connected instanceof Promise ? connected.catch(failed) : connected;
    } catch (error) {
      return failed(error);
    }
  }

  #stubOf(connection: Connection): MemberStub {
    if (this.#connection !== connection) {
      this.#forgetStub();
      this.#recall(this.#delegated);
    }
    this.#connection = connection;
    this.#stub ??= connection.main.member(this.name);
    return this.#stub;
  }

  /**
   * Keeps the answers of the member, which is asked first for a delegation. When it recalls that, or
   * cannot be reached, all are dropped.
   */
  #delegatedBy(connection: Connection, member: MemberStub): DelegatedAnchors | undefined {
    if (this.#delegated || !this.#wanted) return this.#delegated;
    const anchors = new DelegatedAnchors();
    this.#delegated = anchors;
    const silence = connection.whenSilent(() => this.#recall(anchors));
    const delegation = member.delegate();
    const over = async () => {
      silence[Symbol.dispose]();
      this.#recall(anchors);
      await this.#delegations.returned();
      // By this the member sees that the delegation is returned.
      disposeStub(delegation);
    };
    delegation.recalled().then(over, over);
    return anchors;
  }

  #recall(anchors: DelegatedAnchors | undefined): void {
    if (!anchors || this.#delegated !== anchors) return;
    this.#delegated = undefined;
    this.#delegations.recall();
  }

  /** A stub that is not disposed the peer keeps as long as the connection lasts. */
  #forgetStub(): void {
    disposeStub(this.#stub);
    this.#stub = undefined;
    this.#hasAnswered = false;
  }
}

function unreachable(name: MemberName, why: string): CircuitError {
  return new CircuitError('EHOSTUNREACH', `${name} cannot be reached now: ${why}`);
}
