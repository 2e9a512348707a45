import type { Message, Verdict } from '../../src/membership/messages.js';
import type { PeerAddress } from '../../src/membership/record.js';
import { Dial, type DialledHost, type Dialling, type EndpointState } from './dial.js';

/** The methods of a daemon that the network calls. Each daemon has a clock of its own. */
export interface Daemon {
  deliver(message: Message, from: PeerAddress): void;
  opened(peer: PeerAddress): void;
  unreachable(peer: PeerAddress, verdict: 'refused' | 'silent'): void;
  linkDown(peer: PeerAddress, how: 'closed' | 'silent'): void;
  probed(peer: PeerAddress, verdict: Verdict): void;
}

/** How long `open` and `send` wait for a connection: the daemon's limit of a handshake. */
export const OPEN_TIMEOUT_MS = 5_000;

/** The part of the network that an endpoint needs. */
export interface Wires extends Dialling {
  find(address: PeerAddress): Endpoint | undefined;
  /** Counts a message. @returns The message as the receiver gets it. */
  copied(message: Message): Message;
  transmit(end: End, message: Message): void;
  /** One side of a connection learns that it has ended. */
  down(end: End, how: 'closed' | 'silent'): void;
}

/** A connection that is being made. */
interface Attempt {
  held: boolean;
  readonly messages: Message[];
}

/** A daemon's address on the network, its connections, and its side of {@link ProtocolHost}. */
export class Endpoint implements DialledHost {
  state: EndpointState = 'running';
  /** Which part of a split network it is in. */
  part = 0;
  /** The open ends, by the peer's address. */
  readonly ends = new Map<PeerAddress, End>();
  readonly #attempts = new Map<PeerAddress, Attempt>();
  /** The calls that it will get when it is thawed. */
  #backlog: (() => void)[] = [];
  /** How many messages it has sent, and how many connections it has tried to make. */
  sent = 0;
  dials = 0;

  constructor(
    readonly network: Wires,
    readonly address: PeerAddress,
    readonly daemon: Daemon,
    /** A number for the fingerprint of a run. */
    readonly index: number,
  ) {}

  /** Whether the process exists, so that it can act now or when it is thawed. */
  get lives(): boolean {
    return this.state === 'running' || this.state === 'frozen';
  }

  send(peer: PeerAddress, message: Message): void {
    this.sent += 1;
    const own = this.network.copied(message);
    const end = this.ends.get(peer);
    if (end) this.network.transmit(end, own);
    else this.#attempt(peer).messages.push(own);
  }

  open(peer: PeerAddress): void {
    const end = this.ends.get(peer);
    if (end) this.#hold(end);
    else this.#attempt(peer).held = true;
  }

  close(peer: PeerAddress): void {
    const end = this.ends.get(peer);
    if (end) {
      end.held = false;
      end.holds += 1;
    }
    const attempt = this.#attempts.get(peer);
    if (attempt) attempt.held = false;
  }

  probe(peer: PeerAddress, timeout: number): void {
    this.dials += 1;
    this.#dial(peer, timeout, (verdict) => this.tell(() => this.daemon.probed(peer, verdict)));
  }

  /** Calls the daemon, now or when it is thawed. */
  tell(run: () => void): void {
    if (this.state === 'running') run();
    else if (this.state === 'frozen') this.#backlog.push(run);
  }

  /** @returns The calls that were queued while it was frozen. */
  takeBacklog(): (() => void)[] {
    const backlog = this.#backlog;
    this.#backlog = [];
    return backlog;
  }

  #hold(end: End): void {
    end.held = true;
    end.holds += 1;
    const { holds } = end;
    // No answer comes before open() has returned.
    this.network.queue.at(this.network.queue.now, () => {
      if (end.up && end.holds === holds) this.tell(() => this.daemon.opened(end.peerAddress));
    });
  }

  #attempt(peer: PeerAddress): Attempt {
    const known = this.#attempts.get(peer);
    if (known) return known;
    const attempt: Attempt = { held: false, messages: [] };
    this.#attempts.set(peer, attempt);
    this.dials += 1;
    this.#dial(peer, OPEN_TIMEOUT_MS, (verdict) => {
      this.#attempts.delete(peer);
      this.#connected(peer, attempt, verdict);
    });
    return attempt;
  }

  #dial(peer: PeerAddress, timeout: number, finish: (verdict: Verdict) => void): void {
    if (peer === this.address) throw new Error('a daemon dials itself');
    new Dial(this.network, this, this.network.find(peer), timeout, finish);
  }

  #connected(peer: PeerAddress, attempt: Attempt, verdict: Verdict): void {
    // The peer may have dialled us in the meantime.
    const end = this.ends.get(peer) ?? (verdict === 'alive' ? this.#establish(peer) : undefined);
    if (end) {
      if (attempt.held) this.#hold(end);
      for (const message of attempt.messages) this.network.transmit(end, message);
    } else if (verdict !== 'alive' && (attempt.held || attempt.messages.length > 0)) {
      this.tell(() => this.daemon.unreachable(peer, verdict));
    }
  }

  #establish(peer: PeerAddress): End | undefined {
    const listener = this.network.find(peer);
    if (!listener) return undefined;
    // By now at the latest the peer learns of an older connection, which we have given up.
    const stale = listener.ends.get(this.address);
    if (stale) this.network.down(stale, 'closed');
    const { left, right } = new Link(this, listener, this.network.queue.now);
    this.ends.set(peer, left);
    listener.ends.set(this.address, right);
    return left;
  }
}

/**
 * One end of a connection, as its daemon sees it: one end may be down for minutes while the other
 * still stands. {@link Link} makes the two.
 */
export class End {
  /** Whether this daemon keeps it standing, and is told of its end. */
  held = false;
  up = true;
  /** How often it was held or released: a notice on its way may be out of date. */
  holds = 0;
  /** When the last message to this end arrives; TCP lets nothing overtake it. */
  lastArrival = 0;
  /** Since when nothing can be heard from the other end, or -1. */
  deafSince = -1;
  /** Whether a message was sent from here that cannot have arrived. */
  sentInVain = false;
  /** The other end's messages that are sent again and again since the path is cut. */
  readonly stalled: Stalled[] = [];
  #peer: End | undefined;

  constructor(
    readonly endpoint: Endpoint,
    readonly link: Link,
  ) {}

  get peer(): End {
    if (!this.#peer) throw new Error('an end without another');
    return this.#peer;
  }

  get peerAddress(): PeerAddress {
    return this.peer.endpoint.address;
  }

  static join(left: End, right: End): void {
    left.#peer = right;
    right.#peer = left;
  }
}

type Stalled = () => void;

/** A connection between two daemons, for both directions. */
export class Link {
  readonly left: End;
  readonly right: End;
  /** In milliseconds; a connection that nobody holds is closed a minute later. */
  lastUse: number;

  constructor(dialler: Endpoint, listener: Endpoint, now: number) {
    this.left = new End(dialler, this);
    this.right = new End(listener, this);
    this.lastUse = now;
    End.join(this.left, this.right);
  }

  /** Whether one side keeps it standing. */
  get standing(): boolean {
    return (this.left.up && this.left.held) || (this.right.up && this.right.held);
  }
}
