import type { Verdict } from '../../src/membership/protocol-host.js';
import type { Endpoint } from './endpoint.js';
import type { Event } from './event-queue.js';
import type { Network } from './network.js';

/** The first time-out of a SYN, in milliseconds, doubled each time (RFC 6298, section 2.1). */
const SYN_TIMEOUT_MS = 1_000;

/** The round trips of a connection after TCP's own: TLS 1.3, and HTTP's upgrade. */
const FURTHER_ROUND_TRIPS = 2;

/** The setting-up of a connection: TCP, TLS and the upgrade, with what may go wrong. */
export class Dial implements Event {
  readonly #deadline: number;
  #synTimeout = SYN_TIMEOUT_MS;

  /**
   * @param to Nobody, if the address is nobody's.
   * @param timeout In milliseconds; by then it is silent.
   * @param finish Called once, unless the dialling daemon ends before.
   */
  constructor(
    private readonly network: Network,
    private readonly from: Endpoint,
    readonly to: Endpoint | undefined,
    timeout: number,
    private readonly finish: (verdict: Verdict) => void,
  ) {
    this.#deadline = network.queue.now + timeout;
    this.fire();
  }

  /** Sends a SYN, the first or another. */
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
    // The kernel accepts for a process that is stopped, which does not answer.
    else if (to.state === 'frozen') this.#silent();
    else this.#shakeHands(answered, to);
  }

  #shakeHands(answered: number, to: Endpoint): void {
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

  /** Then, or not in time. */
  #at(time: number, run: () => void): void {
    if (time >= this.#deadline) this.#silent();
    else this.network.queue.at(time, run);
  }

  #finish(verdict: Verdict): void {
    if (this.from.lives) this.finish(verdict);
  }
}
