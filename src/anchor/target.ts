import { RpcTarget } from 'capnweb';
import type { MemberName } from '../base/address.js';
import { CircuitError } from '../base/error.js';
import type { OperationsLog } from '../base/log.js';
import { redact, redactProcess } from '../base/redact.js';
import type { MessageShare } from '../kinds/chan/message-memory.js';
import type { FlowControl } from '../transport/flow-control.js';
import { ATTENDANT_GONE_AFTER_MS, CALL_TIMEOUT_MS } from '../transport/limits.js';
import { sizeFrom, stringsFrom } from './arguments.js';
import { ChangeTarget } from './change-target.js';
import { ChannelTarget } from './channel-target.js';
import type {
  AnchorEntry,
  AnchorPath,
  AnchorView,
  Circuit,
  LogExtent,
  LogPiece,
  Member,
  MemberEntry,
  MemberPeek,
  MemberPeers,
  Process,
  SubscriptionKind,
} from './circuit.js';
import type { ElementContext } from './element-context.js';
import { LogGrowthTarget } from './log-growth-target.js';
import { formatPath } from './path.js';
import { AttendedTarget, ProcessTarget } from './process-target.js';
import { RosterTarget } from './roster-target.js';
import { isSubscriptionKind } from './subscription.js';

/**
 * What a peer may call: the circuit as capabilities. A peer is another daemon
 * or a client; both hold the address, so both may do everything. Arguments come
 * from outside and are checked here; the prototype's methods are the interface.
 */
export class CircuitTarget extends RpcTarget {
  readonly #context: TargetContext;
  #roster: RosterTarget | undefined;

  constructor(context: TargetContext) {
    super();
    this.#context = context;
  }

  /** The members that this daemon knows, and which of them it is. */
  roster(): CircuitRoster {
    const { circuit } = this.#context;
    return { self: circuit.self, members: circuit.members() };
  }

  /** The same, to be followed. One for each peer: another one takes its place. */
  followRoster(): RosterTarget {
    this.#roster?.[Symbol.dispose]();
    this.#roster = new RosterTarget(this.#context.circuit);
    return this.#roster;
  }

  /** @throws CircuitError ENOENT */
  member(name: string): MemberTarget {
    const member = this.#context.circuit.member(String(name));
    if (!member) throw new CircuitError('ENOENT', `there is no member ${String(name)}`);
    return new MemberTarget(member, this.#context);
  }

  /** A message of the membership protocol. */
  async deliver(message: unknown): Promise<unknown> {
    return await this.#context.deliver(message);
  }
}

export interface TargetContext {
  readonly circuit: Circuit;
  readonly log: OperationsLog;
  /** Who calls, as the log shows it. */
  readonly who: () => string;
  readonly deliver: (message: unknown) => unknown;
  /** Of what is sent to who calls. */
  readonly flow: FlowControl;
  /** Tells that nothing was heard of who calls for so many milliseconds. */
  readonly whenSilent: (listener: () => void, after: number) => Disposable;
  /** Accounts for the memory that the caller's messages hold. */
  readonly messages: MessageShare;
  /** Resolves when this host's mount shows what has changed until now. */
  readonly published: () => Promise<void>;
}

export interface CircuitRoster {
  readonly self: MemberName;
  readonly members: readonly MemberEntry[];
}

export class MemberTarget extends RpcTarget {
  readonly #member: Member;
  readonly #context: TargetContext;

  constructor(member: Member, context: TargetContext) {
    super();
    this.#member = member;
    this.#context = context;
  }

  addr(): Promise<string> {
    return this.#member.addr();
  }

  async join(addresses: readonly string[]): Promise<void> {
    const parsed = stringsFrom(addresses);
    await this.#logged(`/${this.#member.name}/join ${redact(parsed.join(' '))}`, () =>
      this.#member.join(parsed),
    );
  }

  async leave(): Promise<void> {
    await this.#logged(`/${this.#member.name}/leave`, () => this.#member.leave());
  }

  async shutdown(): Promise<void> {
    await this.#logged(`/${this.#member.name}/shutdown`, () => this.#member.shutdown());
  }

  peek(): Promise<MemberPeek> {
    return this.#member.peek();
  }

  peers(): Promise<MemberPeers> {
    return this.#member.peers();
  }

  stk(): Promise<string> {
    return this.#member.stk();
  }

  log(): Promise<LogExtent> {
    return this.#member.log();
  }

  async readLog(offset: number, size: number): Promise<LogPiece> {
    const { chunk } = this.#context.flow;
    return this.#member.readLog(Number(offset), Math.min(sizeFrom(size), chunk));
  }

  logGrowth(): LogGrowthTarget {
    return new LogGrowthTarget(this.#member);
  }

  async stat(path: AnchorPath): Promise<AnchorEntry> {
    return this.#member.stat(stringsFrom(path));
  }

  async view(path: AnchorPath): Promise<AnchorView> {
    return this.#member.view(stringsFrom(path));
  }

  /** What {@link stat} and {@link view} tell from now on is so until its change is told. */
  follow(): ChangeTarget {
    return new ChangeTarget(this.#member);
  }

  async mkdir(path: AnchorPath): Promise<AnchorView> {
    const parsed = stringsFrom(path);
    return this.#changed(`mkdir ${this.#show(parsed)}`, () => this.#member.mkdir(parsed));
  }

  async rmdir(path: AnchorPath): Promise<void> {
    const parsed = stringsFrom(path);
    await this.#changed(`rmdir ${this.#show(parsed)}`, () => this.#member.rmdir(parsed));
  }

  async makeChannel(path: AnchorPath, capacity: number): Promise<void> {
    const parsed = stringsFrom(path);
    await this.#changed(`${this.#show(parsed)}/mkchan ${Number(capacity)}`, () =>
      this.#member.makeChannel(parsed, Number(capacity)),
    );
  }

  async channel(path: AnchorPath): Promise<ChannelTarget> {
    const parsed = stringsFrom(path);
    const { messages } = this.#context;
    const channel = await this.#member.channel(parsed, { messages });
    return new ChannelTarget(channel, this.#contextOf(parsed));
  }

  async makeProcess(path: AnchorPath, command: string): Promise<ProcessTarget> {
    const parsed = stringsFrom(path);
    const made = await this.#start(parsed, command, (text, signal) =>
      this.#member.makeProcess(parsed, text, signal),
    );
    return this.#processTarget(parsed, made);
  }

  /** It ends when the peer lets go of it, is cut off, or is silent for too long. */
  async attendProcess(path: AnchorPath, command: string): Promise<AttendedTarget> {
    const parsed = stringsFrom(path);
    const made = await this.#start(parsed, command, (text, signal) =>
      this.#member.attendProcess(parsed, text, signal),
    );
    const hangUp = () => made[Symbol.dispose]();
    const silence = this.#context.whenSilent(hangUp, ATTENDANT_GONE_AFTER_MS);
    const scrub = () => this.#changed(`${this.#show(parsed)}/scrub`, () => made.scrub());
    return new AttendedTarget(made, this.#contextOf(parsed), silence, scrub);
  }

  async process(path: AnchorPath): Promise<ProcessTarget> {
    const parsed = stringsFrom(path);
    return this.#processTarget(parsed, await this.#member.process(parsed));
  }

  async makeSubscription(path: AnchorPath, kind: SubscriptionKind): Promise<void> {
    const parsed = stringsFrom(path);
    if (!isSubscriptionKind(kind)) {
      throw new CircuitError('EINVAL', 'one can subscribe to @join and to @leave');
    }
    await this.#changed(`${this.#show(parsed)}/mk${kind}`, () =>
      this.#member.makeSubscription(parsed, kind),
    );
  }

  async scrub(path: AnchorPath): Promise<void> {
    const parsed = stringsFrom(path);
    await this.#changed(`${this.#show(parsed)}/scrub`, () => this.#member.scrub(parsed));
  }

  #start<T extends Process>(
    path: AnchorPath,
    command: string,
    start: (text: string, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const text = String(command);
    // The peer does not wait longer: what cannot be started by then is not to start some day.
    const late = AbortSignal.timeout(CALL_TIMEOUT_MS);
    return this.#changed(`${this.#show(path)}/mkproc ${redactProcess(text)}`, () =>
      start(text, late),
    );
  }

  #processTarget(path: AnchorPath, process: Process): ProcessTarget {
    return new ProcessTarget(process, this.#contextOf(path));
  }

  #contextOf(path: AnchorPath): ElementContext {
    const { flow } = this.#context;
    return { flow, logged: (verb, run) => this.#logged(`${this.#show(path)}/${verb}`, run) };
  }

  #show(path: AnchorPath): string {
    return formatPath(this.#member.name, path);
  }

  #logged<T>(what: string, run: () => Promise<T>): Promise<T> {
    return this.#context.log.operation(this.#context.who(), what, run);
  }

  /** Logged, and answered when who looks at this host sees the change. */
  async #changed<T>(what: string, run: () => Promise<T>): Promise<T> {
    const result = await this.#logged(what, run);
    await this.#context.published();
    return result;
  }
}
