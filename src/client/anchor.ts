import type { AnchorView, Member, SubscriptionKind } from '../anchor/circuit.js';
import { formatPath } from '../anchor/path.js';
import { isSubscriptionKind } from '../anchor/subscription.js';
import type { Interruptible } from '../base/interruptible.js';
import { Channel } from './channel.js';
import { Process } from './process.js';
import { Subscription } from './subscription.js';

/** What to run; the keys are those of the file `mkproc`. */
export interface Command {
  /** Without a slash it is looked up in the daemon's PATH. */
  readonly Path: string;
  readonly Args?: readonly string[];
  /** `NAME=value`, all of the environment. Without it the daemon's, less its secrets. */
  readonly Env?: readonly string[];
  /** The working directory; without it, the daemon's. */
  readonly Dir?: string;
  /** The element goes when the process ends. */
  readonly Scrub?: boolean;
  /** Keep the last so many bytes of each output instead of holding the process back. */
  readonly Retain?: number;
}

/**
 * A place on a member, which may have sub-anchors and one element. It is a mere
 * name and needs no release. Every call can fail with EHOSTUNREACH, if the member
 * cannot be reached now, and with ENOENT, if it or the anchor is not there.
 */
export class Anchor {
  readonly #member: Member;
  readonly #names: readonly string[];
  readonly #held: Set<Disposable>;

  /** @param held Where the elements that it gives are noted until they are let go. */
  constructor(member: Member, names: readonly string[], held: Set<Disposable>) {
    this.#member = member;
    this.#names = names;
    this.#held = held;
  }

  /** `/X…/a/b` */
  get path(): string {
    return formatPath(this.#member.name, this.#names);
  }

  /** The anchor below; asks nobody. A name may be several, with slashes between. */
  walk(...names: readonly string[]): Anchor {
    const more = names.flatMap((name) => name.split('/')).filter((name) => name !== '');
    return new Anchor(this.#member, [...this.#names, ...more], this.#held);
  }

  /** What is there now: the sub-anchors, and of what kind the element is. */
  view({ signal }: Interruptible = {}): Promise<AnchorView> {
    return this.#member.view(this.#names, signal);
  }

  /**
   * Makes this anchor; the one above exists.
   * @throws CircuitError EEXIST, EINVAL or ENAMETOOLONG (the name), EINTR
   */
  async mkdir({ signal }: Interruptible = {}): Promise<void> {
    await this.#member.mkdir(this.#names, signal);
  }

  /** @throws CircuitError ENOTEMPTY (sub-anchors), EBUSY (a live element), EPERM (a member), EINTR */
  async rmdir({ signal }: Interruptible = {}): Promise<void> {
    await this.#member.rmdir(this.#names, signal);
  }

  /**
   * Makes a channel here, and the anchors on the way. If it is interrupted, the
   * channel may have been made.
   * @param capacity How many messages it takes that nobody receives yet; 0 is a rendezvous.
   * @throws CircuitError EEXIST (there is an element), EINVAL (the capacity, a name), EINTR
   */
  async makeChannel(capacity = 0, { signal }: Interruptible = {}): Promise<Channel> {
    await this.#member.makeChannel(this.#names, capacity, signal);
    return await this.#channel(signal);
  }

  /**
   * Starts a process here, and makes the anchors on the way. If it is
   * interrupted, the process may have started.
   * @throws CircuitError EEXIST (there is an element), EINVAL (the command, a name),
   *   ENOENT or EACCES (the program, `Dir`), EINTR
   */
  async makeProcess(command: Command, { signal }: Interruptible = {}): Promise<Process> {
    const text = JSON.stringify(command);
    const process = await this.#member.makeProcess(this.#names, text, signal);
    return new Process(this, process, this.#held);
  }

  /**
   * Makes a subscription here, and the anchors on the way: it first tells of each member that
   * is there, this anchor's own included, and then of each of which that one learns that it
   * came: none is missed between, and none told twice. If it is interrupted, the subscription
   * may have been made.
   * @throws CircuitError EEXIST (there is an element), EINVAL (a name), EINTR
   */
  makeJoinSubscription(options?: Interruptible): Promise<Subscription> {
    return this.#subscribe('@join', options);
  }

  /**
   * Makes a subscription here that tells of each member that goes from now on, in order or because
   * it fails. Otherwise as {@link makeJoinSubscription}.
   */
  makeLeaveSubscription(options?: Interruptible): Promise<Subscription> {
    return this.#subscribe('@leave', options);
  }

  /** The element here, if there is one; `kind` tells which. @throws CircuitError EINTR */
  async get({ signal }: Interruptible = {}): Promise<Channel | Process | Subscription | undefined> {
    const { kind } = await this.#member.stat(this.#names, signal);
    if (kind === 'chan') return await this.#channel(signal);
    if (kind === 'proc') return await this.#process(signal);
    if (isSubscriptionKind(kind)) return await this.#subscription(kind, signal);
    return undefined;
  }

  /** Aborts the element and removes it, whatever its state: a process is killed. @throws CircuitError EINTR */
  async scrub({ signal }: Interruptible = {}): Promise<void> {
    await this.#member.scrub(this.#names, signal);
  }

  async #channel(signal: AbortSignal | undefined): Promise<Channel> {
    return new Channel(this, await this.#member.channel(this.#names, { signal }), this.#held);
  }

  async #process(signal: AbortSignal | undefined): Promise<Process> {
    return new Process(this, await this.#member.process(this.#names, { signal }), this.#held);
  }

  async #subscribe(kind: SubscriptionKind, { signal }: Interruptible = {}): Promise<Subscription> {
    await this.#member.makeSubscription(this.#names, kind, signal);
    return await this.#subscription(kind, signal);
  }

  async #subscription(
    kind: SubscriptionKind,
    signal: AbortSignal | undefined,
  ): Promise<Subscription> {
    const channel = await this.#member.channel(this.#names, { signal });
    return new Subscription(this, kind, channel, this.#held);
  }
}
