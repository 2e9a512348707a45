import { setTimeout as delay } from 'node:timers/promises';
import { asCircuitError, errorCode } from '../../base/error.js';
import { processStats } from './stat.js';

/** How often to look whether the rest of a group has gone: the kernel tells only of children. */
const LOOK_MS = 5;

/** The process group that a process of ours leads. */
export class ProcessGroup {
  readonly #id: number;
  /** The leader has been reaped. Another process may get its pid once the group is empty. */
  #leaderGone = false;
  #empty = false;

  /** @param leader The pid of a child that has not been reaped yet. */
  constructor(leader: number) {
    this.#id = leader;
  }

  /** To be called at once when the leader has been reaped. */
  leaderGone(): void {
    this.#leaderGone = true;
    this.#empty = !this.#exists(-this.#id);
  }

  /** Signals all of it; does nothing where none is left. @throws CircuitError EPERM */
  signal(signal: number | NodeJS.Signals): void {
    if (!this.#isOurs()) return;
    try {
      process.kill(-this.#id, signal);
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw asCircuitError(error);
    }
  }

  /** Whether nothing of it was left within the time. */
  async gone(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (await this.#isAlive()) {
      if (performance.now() >= deadline) return false;
      await delay(LOOK_MS);
    }
    return true;
  }

  async #isAlive(): Promise<boolean> {
    if (!this.#isOurs()) return false;
    if (!this.#leaderGone) return true;
    // Processes that are left may have ended already, and wait for an init that never reaps them.
    for await (const { group, state } of processStats()) {
      if (group === this.#id && !/[ZXx]/.test(state)) return true;
    }
    return false;
  }

  /** A group keeps the pid of its leader from being used again, so a leader that lives leads another group. */
  #isOurs(): boolean {
    if (!this.#leaderGone) return true;
    this.#empty ||= !this.#exists(-this.#id) || this.#exists(this.#id);
    return !this.#empty;
  }

  #exists(id: number): boolean {
    try {
      process.kill(id, 0);
      return true;
    } catch (error) {
      return errorCode(error) === 'EPERM';
    }
  }
}
