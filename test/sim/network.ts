import { type Message, parseMessage } from '../../src/membership/messages.js';
import type { PeerAddress } from '../../src/membership/record.js';
import { type Daemon, type End, Endpoint, type Link, type Wires } from './endpoint.js';
import type { Event, EventQueue } from './event-queue.js';
import type { Random } from './random.js';

export interface NetworkOptions {
  /** The time of one way, in milliseconds, drawn anew for each message. */
  readonly latency: { readonly min: number; readonly max: number };
  /** The share of messages that are lost, and that TCP sends again. */
  readonly loss: number;
  /** Whether each receiver gets a copy, through JSON and the parser, as in the daemon. */
  readonly copies: boolean;
}

/** The first time-out of a segment: Linux's TCP_RTO_MIN, doubled each time (RFC 6298). */
const RETRANSMISSION_TIMEOUT_MS = 200;

/** A connection that nobody holds is closed when it was not used for so long. */
const IDLE_TIMEOUT_MS = 60_000;

/** The daemon pings an idle link so often, */
export const KEEPALIVE_INTERVAL_MS = 2_000;

/** and finds it silent so long after the last sign of life. */
const SILENT_AFTER_MS = { min: 2_000, max: 4_000 };

/** After so many losses in a row a ping is 3 s late. */
const LOSSES_TO_SILENCE = 4;

/**
 * A network of hosts: TCP connections in order and without gaps, with latency and with the delays
 * that loss brings; hosts that end, fall silent or freeze; paths that are cut.
 */
export class Network implements Wires {
  readonly #endpoints = new Map<PeerAddress, Endpoint>();
  readonly #cut = new Set<string>();
  /** How many messages of each type were sent. */
  readonly counts = new Map<Message['type'], number>();
  /** A hash of all senders, receivers and times: equal for equal runs. */
  fingerprint = 0;

  constructor(
    readonly queue: EventQueue,
    private readonly random: Random,
    private readonly options: NetworkOptions,
  ) {
    const sweep = (): void => {
      this.#sweep();
      queue.at(queue.now + IDLE_TIMEOUT_MS, sweep);
    };
    queue.at(IDLE_TIMEOUT_MS, sweep);
  }

  attach(address: PeerAddress, daemon: Daemon): Endpoint {
    if (this.#endpoints.has(address)) throw new Error(`${address} is taken`);
    const endpoint = new Endpoint(this, address, daemon, this.#endpoints.size);
    this.#endpoints.set(address, endpoint);
    return endpoint;
  }

  find(address: PeerAddress): Endpoint | undefined {
    return this.#endpoints.get(address);
  }

  /**
   * The links that are held. Both sides ping or answer on each, every {@link
   * KEEPALIVE_INTERVAL_MS}.
   */
  standingLinks(): Link[] {
    const links: Link[] = [];
    for (const link of this.#links()) if (link.standing) links.push(link);
    return links;
  }

  // Changes of hosts.

  /**
   * The process ends, or its host comes back after it was off: the kernel closes its connections.
   */
  end(endpoint: Endpoint): void {
    endpoint.state = 'ended';
    for (const end of this.#abandoned(endpoint)) this.#close(end);
  }

  /** The host is without power, or without its cable for good. */
  powerOff(endpoint: Endpoint): void {
    endpoint.state = 'off';
    for (const end of this.#abandoned(endpoint)) this.#deafen(end);
  }

  /** Stops the process, as SIGSTOP does. */
  freeze(endpoint: Endpoint): void {
    endpoint.state = 'frozen';
    for (const { peer } of endpoint.ends.values()) if (peer.up) this.#deafen(peer);
  }

  /**
   * Continues the process, as SIGCONT does.
   * @returns The queued calls, for the caller to run: the timers may come first.
   */
  thaw(endpoint: Endpoint): (() => void)[] {
    endpoint.state = 'running';
    for (const { peer } of endpoint.ends.values()) this.#undeafen(peer);
    return endpoint.takeBacklog();
  }

  // Changes of paths.

  /** Cuts the path between two hosts, and only that one, in both directions. */
  cut(left: Endpoint, right: Endpoint): void {
    this.#cut.add(pair(left, right));
    this.pathsChanged();
  }

  mendAll(): void {
    this.#cut.clear();
    this.pathsChanged();
  }

  mend(left: Endpoint, right: Endpoint): void {
    this.#cut.delete(pair(left, right));
    this.pathsChanged();
  }

  /** To be called after a change of {@link Endpoint.part}: nothing passes from part to part. */
  pathsChanged(): void {
    for (const endpoint of this.#endpoints.values()) {
      for (const end of endpoint.ends.values()) {
        if (this.#hears(end)) this.#undeafen(end);
        else this.#deafen(end);
      }
    }
  }

  passes(from: Endpoint, to: Endpoint): boolean {
    return from.part === to.part && (this.#cut.size === 0 || !this.#cut.has(pair(from, to)));
  }

  // The way of a message.

  lost(): boolean {
    return this.random.chance(this.options.loss);
  }

  /**
   * How long a round trip takes, with loss, in milliseconds.
   * @param timeout The time-out after which the answer is sent again.
   */
  roundTrip(timeout = RETRANSMISSION_TIMEOUT_MS): number {
    return this.#trip(RETRANSMISSION_TIMEOUT_MS) + this.#trip(timeout);
  }

  /** Counts a message. @returns The message as the receiver gets it. */
  copied(message: Message): Message {
    this.counts.set(message.type, (this.counts.get(message.type) ?? 0) + 1);
    return this.options.copies ? parseMessage(JSON.parse(JSON.stringify(message))) : message;
  }

  transmit(end: End, message: Message): void {
    const { peer } = end;
    this.#arrive(peer, new Delivery(this, peer, message));
    end.link.lastUse = this.queue.now;
    if (end.deafSince >= 0) end.sentInVain = true;
    this.#trace(end.endpoint.index, peer.endpoint.index);
  }

  arrived(end: End, message: Message): void {
    const { endpoint } = end;
    const sender = end.peer.endpoint;
    if (end.stalled.length > 0 || !this.passes(sender, endpoint)) {
      end.stalled.push(() => this.arrived(end, message));
    } else if (endpoint.state === 'running') {
      if (end.up) endpoint.daemon.deliver(message, sender.address);
    } else {
      endpoint.tell(() => {
        if (end.up) endpoint.daemon.deliver(message, sender.address);
      });
    }
  }

  /** One side of a connection learns that it has ended. */
  down(end: End, how: 'closed' | 'silent'): void {
    if (!end.up) return;
    end.up = false;
    const { endpoint, peer, peerAddress } = end;
    if (endpoint.ends.get(peerAddress) === end) endpoint.ends.delete(peerAddress);
    if (end.held) endpoint.daemon.linkDown(peerAddress, how);
    else if (how === 'silent' && end.sentInVain) endpoint.daemon.unreachable(peerAddress, how);
    // It hangs up; the other side learns that, unless it cannot hear this one.
    if (how === 'silent' && peer.up && this.passes(endpoint, peer.endpoint)) this.#close(peer);
  }

  #abandoned(endpoint: Endpoint): End[] {
    const peers = [...endpoint.ends.values()].map(({ peer }) => peer);
    for (const end of endpoint.ends.values()) end.up = false;
    endpoint.ends.clear();
    return peers.filter(({ up }) => up);
  }

  /** The end will learn, behind everything that was sent before, that the other side has closed. */
  #close(end: End): void {
    this.#arrive(end, {
      fire: () => {
        if (!this.passes(end.peer.endpoint, end.endpoint)) return;
        end.endpoint.tell(() => this.down(end, 'closed'));
      },
    });
  }

  #hears(end: End): boolean {
    const { endpoint } = end.peer;
    return (
      endpoint.state !== 'off' && endpoint.state !== 'frozen' && this.passes(endpoint, end.endpoint)
    );
  }

  #deafen(end: End): void {
    if (end.deafSince >= 0) return;
    const since = this.queue.now;
    end.deafSince = since;
    this.queue.at(since + this.random.integer(SILENT_AFTER_MS.min, SILENT_AFTER_MS.max), () => {
      end.endpoint.tell(() => {
        if (end.deafSince === since) this.down(end, 'silent');
      });
    });
  }

  #undeafen(end: End): void {
    if (end.deafSince < 0 || !this.#hears(end)) return;
    end.deafSince = -1;
    end.sentInVain = false;
    for (const run of end.stalled.splice(0)) this.#arrive(end, { fire: run });
    if (!end.peer.up) this.#close(end);
  }

  #arrive(end: End, event: Event): void {
    const time = Math.max(this.queue.now + this.#trip(RETRANSMISSION_TIMEOUT_MS), end.lastArrival);
    end.lastArrival = time;
    this.queue.schedule(time, event);
  }

  /** How long one way takes, in milliseconds. */
  #trip(timeout: number): number {
    let delay = this.random.integer(this.options.latency.min, this.options.latency.max);
    for (let next = timeout; this.lost(); next *= 2) delay += next;
    return delay;
  }

  #trace(from: number, to: number): void {
    for (const value of [this.queue.now, from, to]) {
      this.fingerprint = Math.imul(this.fingerprint ^ value, FNV_PRIME);
    }
  }

  /** Closes idle links, and breaks some links because of mere loss. */
  #sweep(): void {
    const { now } = this.queue;
    let standing = 0;
    const links: Link[] = [];
    for (const link of this.#links()) {
      links.push(link);
      if (link.standing) standing += 1;
      else if (now - link.lastUse > IDLE_TIMEOUT_MS) {
        for (const end of [link.left, link.right]) {
          if (end.up) this.#hangUp(end);
        }
      }
    }
    const pings = (2 * standing * IDLE_TIMEOUT_MS) / KEEPALIVE_INTERVAL_MS;
    const broken = this.random.poisson(pings * this.options.loss ** LOSSES_TO_SILENCE);
    for (let count = 0; count < broken; count += 1) {
      const link = this.random.pick(links);
      const end = this.random.chance(0.5) ? link.left : link.right;
      end.endpoint.tell(() => this.down(end, 'silent'));
    }
  }

  #hangUp(end: End): void {
    end.up = false;
    if (end.endpoint.ends.get(end.peerAddress) === end) end.endpoint.ends.delete(end.peerAddress);
  }

  *#links(): Iterable<Link> {
    for (const endpoint of this.#endpoints.values()) {
      for (const end of endpoint.ends.values()) {
        // Each link once, not from both sides.
        if (end === end.link.left || !end.peer.up) yield end.link;
      }
    }
  }
}

/** A message that is on its way. */
class Delivery implements Event {
  constructor(
    private readonly network: Network,
    private readonly end: End,
    private readonly message: Message,
  ) {}

  fire(): void {
    this.network.arrived(this.end, this.message);
  }
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
const FNV_PRIME = 16_777_619;

function pair(left: Endpoint, right: Endpoint): string {
  return left.index < right.index ? `${left.index} ${right.index}` : `${right.index} ${left.index}`;
}
