import { hostname } from 'node:os';
import { Address, type MemberName } from '../base/address.js';
import { CircuitError, errorMessage } from '../base/error.js';
import type { OperationsLog } from '../base/log.js';
import { VERSION } from '../base/version.js';
import { ChannelElement } from '../kinds/chan/channel.js';
import { MessageMemory } from '../kinds/chan/message-memory.js';
import { parseCommand } from '../kinds/proc/command.js';
import { ProcessElement } from '../kinds/proc/process.js';
import { SubscriptionElement, type SubscriptionKind } from '../kinds/subscription/subscription.js';
import type { Membership } from '../membership/membership.js';
import type { MemberRecord } from '../membership/record.js';
import { HANG_UP_GRACE_MS } from '../transport/limits.js';
import { AnchorTree } from './anchor-tree.js';
import type {
  AnchorEntry,
  AnchorPath,
  AnchorView,
  AttendedProcess,
  Channel,
  ChannelCaller,
  LogExtent,
  LogPiece,
  Member,
  MemberPeek,
  MemberPeers,
  Process,
} from './circuit.js';
import { Followers } from './followers.js';
import { knownPeek } from './listed-member.js';
import { LocalAttendedProcess } from './local-attended-process.js';
import { LocalChannel } from './local-channel.js';
import { LocalProcess } from './local-process.js';
import { LocalSubscription } from './local-subscription.js';
import { formatPath } from './path.js';
import { runtimeReport } from './runtime-report.js';

export interface LocalMemberOptions {
  readonly membership: Membership;
  readonly log: OperationsLog;
  /** Begins the daemon's end. */
  readonly shutdown: () => void;
  /** Leaves the network, where there is more to it than the membership's part. */
  readonly leave?: () => Promise<void>;
}

type LocalElement = LocalChannel | LocalProcess | LocalSubscription;

/** The member that this process is. */
export class LocalMember implements Member {
  readonly suspected = false;
  readonly #options: LocalMemberOptions;
  readonly #followers = new Followers();
  readonly #anchors: AnchorTree<LocalElement>;
  /** The memory of the messages in its channels. */
  readonly messages = new MessageMemory();
  readonly #ownMessages = this.messages.ofHost();
  /** The daemon ends. */
  #ending = false;
  /** Processes that are being made, and what breaks that off. */
  readonly #making = new Map<Promise<LocalProcess>, AbortController>();

  constructor(options: LocalMemberOptions) {
    this.#options = options;
    this.#anchors = new AnchorTree(this.name);
  }

  get name(): MemberName {
    return this.#options.membership.self.name;
  }

  async addr(): Promise<string> {
    return this.#options.membership.self.addr;
  }

  async join(addresses: readonly string[], signal?: AbortSignal): Promise<void> {
    if (addresses.length === 0) {
      throw new CircuitError('EINVAL', 'no address given; cat addr on the other member shows it');
    }
    const { membership } = this.#options;
    const parsed = [...new Set(addresses)].map(Address.parse);
    const joins = await Promise.allSettled(
      parsed.map((address) => membership.join(address, { signal })),
    );
    const failures = joins.flatMap((join) => (join.status === 'rejected' ? [join.reason] : []));
    const [first] = failures;
    if (!first) return;
    if (failures.length === 1) throw first;
    const code = first instanceof CircuitError ? first.code : 'EIO';
    const sentences = failures.map(errorMessage).join('; ');
    throw new CircuitError(code, `${failures.length} of ${joins.length} failed: ${sentences}`);
  }

  async leave(): Promise<void> {
    const { membership, leave = () => membership.leave() } = this.#options;
    await leave();
  }

  async shutdown(): Promise<void> {
    this.#options.shutdown();
  }

  async peek(): Promise<MemberPeek> {
    const { membership } = this.#options;
    const { self } = membership;
    const since = membership.status(self.name)?.since ?? self.joined;
    // V8 takes thirty times as long for { ...known, Host: … }, which is a tenth of a peek.
    return Object.assign(knownPeek(self, 'alive', since), {
      Host: hostname(),
      Pid: process.pid,
      Version: VERSION,
    });
  }

  async peers(): Promise<MemberPeers> {
    const { active, passive } = this.#options.membership.views();
    return { Active: sortedNames(active), Passive: sortedNames(passive) };
  }

  async stk(): Promise<string> {
    return runtimeReport();
  }

  async log(): Promise<LogExtent> {
    const { start, end } = this.#options.log;
    return { start, end };
  }

  async readLog(offset: number, size: number): Promise<LogPiece> {
    return this.#options.log.read(offset, size);
  }

  whenLogged(offset: number, signal?: AbortSignal): Promise<void> {
    return this.#options.log.whenBeyond(offset, signal);
  }

  async stat(path: AnchorPath): Promise<AnchorEntry> {
    return this.#anchors.stat(path);
  }

  async view(path: AnchorPath): Promise<AnchorView> {
    return this.#anchors.view(path);
  }

  known(path: AnchorPath): AnchorEntry | undefined {
    return this.#anchors.get(path);
  }

  follow(changed: () => Promise<void>): Disposable {
    return this.#followers.add(changed);
  }

  async mkdir(path: AnchorPath): Promise<AnchorView> {
    return await this.#followers.change(() => this.#anchors.mkdir(path));
  }

  async rmdir(path: AnchorPath): Promise<void> {
    const element = await this.#followers.change(() => this.#anchors.rmdir(path));
    await element?.scrub();
  }

  async makeChannel(path: AnchorPath, capacity: number): Promise<void> {
    const element = new LocalChannel(new ChannelElement(capacity), this.#ownMessages);
    await this.#followers.change(() => this.#anchors.attach(path, element));
  }

  async channel(path: AnchorPath, { messages }: ChannelCaller = {}): Promise<Channel> {
    const element = this.#anchors.element(path);
    if (messages && element.kind === 'chan') return element.sharing(messages);
    if (element.kind !== 'proc') return element;
    throw new CircuitError(
      'ENOENT',
      `${formatPath(this.name, path)} is a ${element.kind}, not a chan`,
    );
  }

  makeProcess(path: AnchorPath, command: string, signal?: AbortSignal): Promise<Process> {
    return this.#makeAt(path, command, signal);
  }

  async #makeAt(
    path: AnchorPath,
    command: string,
    signal: AbortSignal | undefined,
  ): Promise<LocalProcess> {
    const ending = new AbortController();
    const either = AbortSignal.any([ending.signal, ...(signal ? [signal] : [])]);
    const making = this.#makeProcess(path, command, either);
    this.#making.set(making, ending);
    try {
      return await making;
    } finally {
      this.#making.delete(making);
    }
  }

  async #makeProcess(
    path: AnchorPath,
    command: string,
    signal: AbortSignal,
  ): Promise<LocalProcess> {
    const parsed = parseCommand(command);
    this.#anchors.checkFree(path, 'proc');
    this.#checkGoingOn();
    const started = await ProcessElement.start(parsed, signal).catch((error) => {
      this.#checkGoingOn();
      throw error;
    });
    const element = new LocalProcess(started);
    try {
      await this.#followers.change(() => {
        this.#checkGoingOn();
        this.#anchors.attach(path, element);
      });
    } catch (error) {
      // Somebody else was quicker, or the daemon ends.
      await started.discard();
      throw error;
    }
    if (parsed.Scrub) started.exited.then(() => this.#remove(path, element)).catch(() => {});
    return element;
  }

  async attendProcess(
    path: AnchorPath,
    command: string,
    signal?: AbortSignal,
  ): Promise<AttendedProcess> {
    const element = await this.#makeAt(path, command, signal);
    return new LocalAttendedProcess(element, {
      hangUp: () => this.#hangUp(path, element),
      scrub: async () => {
        if (this.#anchors.has(path, element)) await this.#remove(path, element);
      },
    });
  }

  async process(path: AnchorPath): Promise<Process> {
    const element = this.#anchors.element(path);
    if (element.kind === 'proc') return element;
    throw new CircuitError(
      'ENOENT',
      `${formatPath(this.name, path)} is a ${element.kind}, not a proc`,
    );
  }

  async makeSubscription(path: AnchorPath, kind: SubscriptionKind): Promise<void> {
    const element = new SubscriptionElement(kind);
    await this.#followers.change(() => {
      this.#anchors.attach(path, new LocalSubscription(element));
      // In the same turn: nobody comes between the list and what follows it.
      element.follow((tell) => {
        const { membership } = this.#options;
        const there = kind === '@join' ? membership.members() : [];
        for (const { name } of there) tell(`/${name}`);
        return membership.watch((change) => {
          if (`@${change.kind}` === kind) tell(`/${change.member.name}`);
        });
      });
    });
  }

  async scrub(path: AnchorPath): Promise<void> {
    await this.#remove(path, this.#anchors.element(path));
  }

  /** Ends every process: TERM, and after `grace` milliseconds KILL. No other is made any more. */
  async terminate(grace: number): Promise<void> {
    this.#ending = true;
    for (const ending of this.#making.values()) ending.abort();
    await Promise.allSettled([
      ...this.#making.keys(),
      ...this.#anchors.elements().map(async (element) => {
        if (element.kind === 'proc') await element.terminate(grace);
      }),
    ]);
  }

  /** A process has lost its attendant. */
  async #hangUp(path: AnchorPath, element: LocalProcess): Promise<void> {
    // It was scrubbed, or terminate() ends it.
    if (this.#ending || !this.#anchors.has(path, element)) return;
    const { log } = this.#options;
    const anchor = formatPath(this.name, path);
    log.event(
      `${anchor} has lost its exec; its group gets HUP, and after ${HANG_UP_GRACE_MS / 1000} s KILL`,
    );
    try {
      await element.terminate(HANG_UP_GRACE_MS, 'SIGHUP');
      await this.#remove(path, element);
      log.event(`${anchor} was removed`);
    } catch (error) {
      log.event(`${anchor} was not removed: ${errorMessage(error)}`);
    }
  }

  #checkGoingOn(): void {
    if (this.#ending) throw new CircuitError('EHOSTUNREACH', `${this.name} is ending`);
  }

  async #remove(path: AnchorPath, element: LocalElement): Promise<void> {
    await element.scrub();
    await this.#followers.change(() => this.#anchors.detach(path, element));
  }

  watch(path: AnchorPath, listener: (name: string, gone: boolean) => void): Disposable {
    return this.#anchors.watch(path, listener);
  }
}

function sortedNames(records: readonly MemberRecord[]): readonly MemberName[] {
  return records.map(({ name }) => name).sort();
}
