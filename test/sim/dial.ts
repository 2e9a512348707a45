import type { Verdict } from '../../src/membership/messages.js';
import type { Event, EventQueue } from './event-queue.js';

/** The first time-out of a SYN, doubled each time (RFC 6298, section 2.1). */
const SYN_TIMEOUT_MS = 1_000;

/** How many round trips a connection takes after TCP's own: TLS 1.3, and HTTP's upgrade. */
const FURTHER_ROUND_TRIPS = 2;

/**
 * - `ended`: the process has ended, and its host is up: dialling is refused.
 * - `off`: the host is without power or cable: it is silent.
 * - `frozen`: the process is stopped; its kernel accepts, acknowledges and keeps what arrives.
 */
export type EndpointState = 'running' | 'ended' | 'off' | 'frozen';

/** A host that dials, or is dialled. */
export interface DialledHost {
  readonly state: EndpointState;
  /** Whether the process exists, so that it can act now or when it is thawed. */
  readonly lives: boolean;
}

/** The part of the network that dialling needs. */
export interface Dialling {
  readonly queue: EventQueue;
  /** Whether the next message is lost. */
  lost(): boolean;
  passes(from: DialledHost, to: DialledHost): boolean;
  /** How long a round trip takes, with loss, in milliseconds. */
  roundTrip(timeout?: number): number;
}

/** Sets up a connection: TCP, TLS and the upgrade, with everything that may go wrong. */
export class Dial implements Event {
  readonly #deadline: number;
  #synTimeout = SYN_TIMEOUT_MS;

  /**
   * @param to The host at the address, if there is one.
   * @param timeout In milliseconds; then it is silent.
   * @param finish Called once, unless the dialling daemon ends before.
   */
  constructor(
    private readonly network: Dialling,
    private readonly from: DialledHost,
    readonly to: DialledHost | undefined,
    timeout: number,
    private readonly finish: (verdict: Verdict) => void,
  ) {
    this.#deadline = network.queue.now + timeout;
    this.fire();
  }

  /** Sends the first SYN, or another. */
  fire(): void {
    const { from, network, to } = this;
    const { now } = network.queue;
    if (!to || network.lost() || !network.passes(from, to) || to.state === 'off') {
      const next = now + this.#synTimeout;
      this.#synTimeout *= 2;
      if (next < this.#deadline) network.queue.schedule(next, this);
      else this.#silent();
      return;
    }
    const answered = now + network.roundTrip(SYN_TIMEOUT_MS);
    if (to.state === 'ended') this.#at(answered, () => this.#finish('refused'));
    // The kernel accepts for a stopped process, which does not answer.
    else if (to.state === 'frozen') this.#silent();
    else this.#shakeHands(answered, to);
  }

  #shakeHands(answered: number, to: DialledHost): void {
    let done = answered;
    for (let trip = 0; trip < FURTHER_ROUND_TRIPS; trip += 1) done += this.network.roundTrip();
    this.#at(done, () => {
      if (to.state === 'ended') this.#finish('refused');
      else if (to.state === 'running' && this.network.passes(this.from, to)) this.#finish('alive');
      else this.#silent();
    });
  }

  #silent(): void {
    this.network.queue.at(this.#deadline, () => this.#finish('silent'));
  }

  /** Runs at that time, or is silent if that is too late. */
  #at(time: number, run: () => void): void {
    if (time >= this.#deadline) this.#silent();
    else this.network.queue.at(time, run);
  }

  #finish(verdict: Verdict): void {
    if (this.from.lives) this.finish(verdict);
  }
}
