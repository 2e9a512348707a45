import type { RemoteInfo } from 'node:dgram';
import type { Address } from '../base/address.js';
import { RateLimit } from '../base/rate-limit.js';
import { timeLeft } from '../base/time-left.js';
import type { ClusterKeys } from '../transport/cluster-keys.js';
import { type DiscoverOptions, formatGroup } from '../transport/multicast-group.js';
import { MulticastSocket } from '../transport/multicast-socket.js';
import { decodeAnnouncement, encodeAnnouncement, type Refusal } from './announcement.js';
import { Trickle } from './trickle.js';

/**
 * How many answers a second: a hundred commands that start at once find this daemon, and it can be
 * made to send some 50 kB/s at most, only to hosts on its link.
 */
const ANSWERS = 100;

/** Whether an announced daemon is of our network, of another, or not to be considered now. */
export type Hearing = 'known' | 'new' | 'ignored';

export interface DiscoveryOptions extends DiscoverOptions {
  readonly clusterKeys?: ClusterKeys | undefined;
  /** The address that is announced: our own. */
  readonly address: Address;
  /** Takes the address of a daemon that has announced itself. */
  readonly heard: (address: Address) => Hearing;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/**
 * A daemon's part of the discovery: announces it as {@link Trickle} says, hears others, and answers
 * queries. Whatever arrives, it does not fail, and sends no more than it got.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #answers = new RateLimit(ANSWERS, ANSWERS);
  readonly #refused = new Set<Refusal['why']>();
  #sockets: readonly MulticastSocket[] = [];
  #trickle: Trickle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isSilent = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /**
   * Joins the group, hears and answers; announces nothing yet.
   * @throws CircuitError EINVAL (our address is too long), and as {@link MulticastSocket.open}
   */
  async open(): Promise<void> {
    const { group, interfaces, address, clusterKeys, log } = this.#options;
    encodeAnnouncement({ kind: 'answer', id: 0n, address }, 0, clusterKeys?.first);
    this.#sockets = await MulticastSocket.open(group, interfaces, 'group', (...received) =>
      this.#receive(...received),
    );
    const where = `${formatGroup(group)} over ${interfaces.map(({ name }) => name).join(', ')}`;
    log(
      clusterKeys
        ? `discovery on ${where}, sealed with the cluster key`
        : `discovery on ${where} is not encrypted: every host that listens there learns this daemon's address, and may command it`,
    );
  }

  /** Begins to announce, with the shortest interval. */
  announce(): void {
    this.#isSilent = false;
    if (this.#trickle) return;
    this.#trickle = new Trickle(performance.now(), Math.random);
    this.#schedule();
  }

  /** Stops announcing and answering, until {@link announce} is called again. */
  pause(): void {
    this.#isSilent = true;
    clearTimeout(this.#timer);
    this.#trickle = undefined;
  }

  close(): void {
    this.pause();
    for (const socket of this.#sockets) socket.close();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const trickle = this.#trickle;
    if (!trickle) return;
    this.#timer = setTimeout(() => {
      if (trickle.tick(performance.now())) this.#send();
      this.#schedule();
    }, timeLeft(trickle.deadline));
  }

  #send(): void {
    const { address, clusterKeys } = this.#options;
    const datagram = encodeAnnouncement(
      { kind: 'announcement', address },
      Date.now(),
      clusterKeys?.first,
    );
    for (const socket of this.#sockets) socket.send(datagram);
  }

  #receive(datagram: Buffer, from: RemoteInfo, socket: MulticastSocket): void {
    const said = decodeAnnouncement(datagram, Date.now(), this.#options.clusterKeys?.all);
    switch (said.kind) {
      case 'announcement':
        this.#hear(said.address);
        return;
      case 'query':
        this.#answer(said.id, from, socket);
        return;
      case 'answer':
        // Answers go to queries, not to the group, and we have sent no query.
        return;
      case 'refused':
        this.#refuse(said.why, from);
        return;
      default:
        throw new TypeError(`unknown kind ${String(said satisfies never)}`);
    }
  }

  #hear(address: Address): void {
    const trickle = this.#trickle;
    if (!trickle || address.toString() === this.#options.address.toString()) return;
    const hearing = this.#options.heard(address);
    if (hearing === 'known') trickle.consistent();
    if (hearing !== 'new') return;
    trickle.inconsistent(performance.now());
    this.#schedule();
  }

  #answer(id: bigint, from: RemoteInfo, socket: MulticastSocket): void {
    if (this.#isSilent || !this.#answers.pass(performance.now())) return;
    const { address, clusterKeys } = this.#options;
    socket.answer(
      encodeAnnouncement({ kind: 'answer', id, address }, Date.now(), clusterKeys?.first),
      from,
    );
  }

  /** Logs each reason once: a sender that goes on must not fill the log. */
  #refuse(why: Refusal['why'], { address }: RemoteInfo): void {
    if (this.#refused.has(why)) return;
    this.#refused.add(why);
    this.#options.log(`discovery: ${address} is not understood: ${REASONS[why]}`);
  }
}

const REASONS: Record<Refusal['why'], string> = {
  garbage: 'it is another program, or another version',
  plain: 'it has no cluster key',
  sealed: 'it has a cluster key, and we have none',
  key: 'it has another cluster key',
  clock: 'its clock and ours are more than 5 minutes apart',
};
