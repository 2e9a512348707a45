import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import createDebug from 'debug';
import { Address, type MemberName } from '../base/address.js';
import { CircuitError, errorCode, errorMessage, noAnswer } from '../base/error.js';
import { interruptible, onAbort, within } from '../base/interruptible.js';
import { Listeners } from '../base/listeners.js';
import { timeLeft } from '../base/time-left.js';
import type {
  JoinOptions,
  Link,
  Links,
  MemberStatus,
  Membership,
  MembershipChange,
  Views,
} from './membership.js';
import { type Message, parseMessage, type Verdict } from './messages.js';
import { SUSPENDED_MS } from './parameters.js';
import { Protocol } from './protocol.js';
import type { ProtocolHost } from './protocol-host.js';
import type { MemberRecord, PeerAddress } from './record.js';
import { Standing } from './standing.js';

const debug = createDebug('circuit:membership');

/** How long a join may take. */
const JOIN_TIMEOUT_MS = 5_000;

const SHUTTING_DOWN = 'this member is shutting down';

/** How long the members that we leave may take to hear of it. */
const FAREWELL_MS = 1_000;

export interface MembershipDriverOptions {
  readonly self: MemberRecord;
  readonly links: Links;
  /** A daemon that was started later has our name; we go on alone. */
  readonly displaced: () => void;
}

/** Runs the membership protocol: gives it links, the time and randomness. */
export class MembershipDriver implements Membership {
  readonly #protocol: Protocol;
  readonly #links: Links;
  /** The links that the protocol wants to stand, and the attempts to make them. */
  readonly #standing = new Map<PeerAddress, Standing>();
  /** The joins that are under way; aborted, with the reason, when we leave. */
  readonly #joins = new Set<AbortController>();
  /** The joins of them that wait for the protocol. */
  readonly #merging = new Map<PeerAddress, Listeners<[failure?: CircuitError]>>();
  readonly #changes = new Listeners<[MembershipChange]>();
  /** The messages that are being sent. */
  readonly #sending = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** While we leave, every message is waited for. */
  #leaving = false;
  #ended = false;

  constructor({ self, links, displaced }: MembershipDriverOptions) {
    this.#links = links;
    setMaxListeners(0, this.#closing.signal);
    const host: ProtocolHost = {
      send: (peer, message) => this.#send(peer, message),
      open: (peer) => this.#open(peer),
      close: (peer) => this.#hangUp(peer),
      probe: (peer, timeout) => this.#probe(peer, timeout),
      changed: (change) => this.#changes.tell(change),
      joined: (peer) => this.#merging.get(peer)?.tell(),
      refused: (peer) => {
        const { authority } = Address.parse(peer);
        const why = new CircuitError(
          'EPERM',
          `${authority} has left its network; only a user can bring it back`,
        );
        this.#merging.get(peer)?.tell(why);
      },
      displaced: () => {
        this.#endJoins(new CircuitError('ECANCELED', `another daemon was started as ${self.name}`));
        displaced();
      },
    };
    const now = performance.now();
    this.#protocol = new Protocol({ self, host, random: Math.random, now });
    this.#arm();
  }

  get self(): MemberRecord {
    return this.#protocol.self;
  }

  members(): readonly MemberRecord[] {
    return this.#protocol.members();
  }

  get(name: MemberName): MemberRecord | undefined {
    return this.#protocol.get(name);
  }

  status(name: MemberName): MemberStatus | undefined {
    const status = this.#protocol.status(name);
    if (!status) return undefined;
    const { record, since } = status;
    if (since === undefined) return { record, since: record.joined };
    return { record, since: Date.now() - (performance.now() - since) };
  }

  views(): Views {
    return this.#protocol.views();
  }

  watch(listener: (change: MembershipChange) => void): Disposable {
    return this.#changes.add(listener);
  }

  async join(address: Address, { signal, byUser = true }: JoinOptions = {}): Promise<void> {
    if (this.#ended) throw new CircuitError('ECANCELED', SHUTTING_DOWN);
    if (address.toString() === this.self.addr) return;
    const begun = performance.now();
    // Not AbortSignal.any(): Node 20 keeps something for each as long as `signal` lives.
    const cancel = new AbortController();
    const forget = onAbort(signal, (why) => cancel.abort(why));
    this.#joins.add(cancel);
    try {
      // The protocol would connect, too, but would not say why it cannot. The attempt ends by
      // itself and is waited for: a second join would share what is left of it.
      const { peer } = await this.#links.connect(address, cancel.signal);
      cancel.signal.throwIfAborted();
      if (peer === this.self.addr) return;
      const left = timeLeft(begun + JOIN_TIMEOUT_MS);
      const late = () => noAnswer(address.authority, JOIN_TIMEOUT_MS);
      await within(this.#merge(peer, byUser, cancel.signal), left, late);
    } catch (error) {
      cancel.signal.throwIfAborted();
      throw error;
    } finally {
      forget();
      this.#joins.delete(cancel);
      cancel.abort();
    }
  }

  async leave(): Promise<void> {
    this.#leaving = true;
    const why = this.#ended ? SHUTTING_DOWN : 'this member left its network meanwhile';
    this.#endJoins(new CircuitError('ECANCELED', why));
    this.#input((protocol, now) => protocol.leave(now));
    const limit = delay(FAREWELL_MS, undefined, { ref: false });
    await Promise.race([Promise.all(this.#sending), limit]);
    this.#leaving = false;
  }

  deliver(message: unknown, from: PeerAddress): void {
    // A member that joined us now would soon be alone.
    if (this.#ended) return;
    const parsed = parseMessage(message);
    this.#input((protocol, now) => protocol.deliver(parsed, from, now));
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.leave();
    this.#closing.abort();
    clearTimeout(this.#timer);
    for (const peer of [...this.#standing.keys()]) this.#hangUp(peer);
  }

  async #merge(peer: PeerAddress, byUser: boolean, signal: AbortSignal): Promise<void> {
    const waiting = this.#merging.get(peer) ?? new Listeners<[failure?: CircuitError]>();
    this.#merging.set(peer, waiting);
    let listener: Disposable | undefined;
    const merged = new Promise<void>((resolve, reject) => {
      listener = waiting.add((failure) => (failure ? reject(failure) : resolve()));
    });
    try {
      this.#input((protocol, now) => protocol.join(peer, byUser, now));
      await interruptible(merged, signal);
    } finally {
      listener?.[Symbol.dispose]();
      if (waiting.size === 0 && this.#merging.get(peer) === waiting) {
        this.#merging.delete(peer);
        this.#protocol.giveUpJoin(peer);
      }
    }
  }

  #endJoins(why: CircuitError): void {
    for (const join of this.#joins) join.abort(why);
  }

  #send(peer: PeerAddress, message: Message): void {
    const sent = this.#sendTo(peer, message).finally(() => this.#sending.delete(sent));
    this.#sending.add(sent);
  }

  async #sendTo(peer: PeerAddress, message: Message): Promise<void> {
    try {
      const link = await this.#connect(peer);
      if (this.#leaving) await link.sendAndWait(message);
      else link.send(message, () => this.#lost(peer));
    } catch (error) {
      debug('%s was not sent: %s', message.type, errorMessage(error));
      // The peer's own errors come as plain Errors; a CircuitError tells of the connection.
      if (error instanceof CircuitError) this.#unreachable(peer, verdictOf(error));
    }
  }

  /** A message may have been lost with its link, even where another link takes over. */
  #lost(peer: PeerAddress): void {
    if (this.#standing.has(peer)) this.#down(peer, 'closed');
    else this.#unreachable(peer, 'silent');
  }

  async #open(peer: PeerAddress): Promise<void> {
    if (this.#standing.has(peer)) return;
    const standing = new Standing();
    this.#standing.set(peer, standing);
    const keep = (link: Link) => {
      standing.keep(link.hold());
      standing.keep(link.whenSilent(() => this.#down(peer, 'silent')));
      link.closed.then(() => {
        if (standing.ended) return;
        // Where both sides had dialled, one of the two standing links may end.
        const other = this.#links.standing(peer);
        if (other) keep(other);
        else this.#down(peer, 'closed');
      });
    };
    try {
      const link = await this.#connect(peer);
      if (!standing.ended) keep(link);
    } catch (error) {
      if (standing.ended) return;
      this.#hangUp(peer);
      this.#unreachable(peer, verdictOf(error));
    }
  }

  #down(peer: PeerAddress, how: 'closed' | 'silent'): void {
    this.#hangUp(peer);
    debug('a link is down: %s', how);
    this.#input((protocol, now) => protocol.linkDown(peer, how, now));
  }

  #hangUp(peer: PeerAddress): void {
    this.#standing.get(peer)?.end();
    this.#standing.delete(peer);
  }

  async #probe(peer: PeerAddress, timeout: number): Promise<void> {
    const begun = performance.now();
    const verdict = await this.#links
      .probe(Address.parse(peer), timeout)
      .then((): Verdict => 'alive', verdictOf);
    // We were suspended, and did not hear the answer.
    const isLate = performance.now() - begun > timeout + SUSPENDED_MS;
    if (verdict === 'silent' && isLate) return await this.#probe(peer, timeout);
    this.#input((protocol, now) => protocol.probed(peer, verdict, now));
  }

  #connect(peer: PeerAddress): Promise<Link> {
    return this.#links.connect(Address.parse(peer), this.#closing.signal);
  }

  #unreachable(peer: PeerAddress, verdict: Exclude<Verdict, 'alive'>): void {
    this.#input((protocol, now) => protocol.unreachable(peer, verdict, now));
  }

  #input(run: (protocol: Protocol, now: number) => void): void {
    if (this.#closing.signal.aborted) return;
    run(this.#protocol, performance.now());
    this.#arm();
  }

  /** Sets the timer for the time at which the protocol wants to be called. */
  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#input((protocol, now) => protocol.tick(now)),
      timeLeft(this.#protocol.deadline),
    );
  }
}

/** Tells from the error of an attempt whether the peer's daemon has ended, or only is silent. */
function verdictOf(error: unknown): Exclude<Verdict, 'alive'> {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
    // Another program listens there now, or another daemon: an address is of one run.
    case 'EACCES':
    case 'EPROTO':
      return 'refused';
    default:
      return 'silent';
  }
}
