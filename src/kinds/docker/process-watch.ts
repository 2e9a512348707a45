import { errorCode } from '../../base/error.js';

/** How long the engine may take to answer of a container that has not ended. */
const ANSWER_MS = 300;
/** The engine keeps output for two seconds after the end (daemon/monitor.go), of which we see a bit less. */
const KEPT_MS = 1800;
/** Engines that do not end that wait themselves, as 20.10 after KILL, have waited by then. */
const HELD_UP_MS = 3000;

export interface WatchedProcess {
  /** Asks the engine for its id; 0 where there is none. */
  pid(): Promise<number>;
  /** It has ended, or the engine is slow: the output that is left is to be read. */
  mayHaveEnded(): void;
  /** It is there. */
  runs(): void;
}

/**
 * Looks whether a container's first process has ended. What the engine still has of the output then, it
 * keeps for two seconds, answers nothing about the container meanwhile, and tells of its end after that.
 */
export class ProcessWatch {
  readonly #process: WatchedProcess;
  #pid: number | undefined;
  #isAsking = false;
  /** The engine was asked for the process, and gave no answer. */
  #isUnanswered = false;
  /** The process that the engine tells of, and that is not to be seen from here. */
  #unseenPid: number | undefined;
  /** The daemon is in another PID namespace than the engine, and sees none of its processes. */
  #isElsewhere = false;
  /** When the process was seen to have ended. */
  #endedAt: number | undefined;

  constructor(process: WatchedProcess) {
    this.#process = process;
  }

  /** Looks once. */
  async probe(): Promise<void> {
    if (this.#isElsewhere || this.#isAsking) return;
    if (this.#pid === undefined) return await this.#find();
    if (this.#endedAt !== undefined || isThere(this.#pid)) return;
    this.#endedAt = performance.now();
    this.#process.mayHaveEnded();
  }

  /** Whether the engine has waited in vain for us to read what it still had of the output. */
  get isCutOff(): boolean {
    return this.#endedFor > KEPT_MS;
  }

  /** Whether the engine waits until we have read or gone, so that nobody can remove the container. */
  get isHeldUp(): boolean {
    return this.#isUnanswered || this.#endedFor > HELD_UP_MS;
  }

  /** In milliseconds. */
  get #endedFor(): number {
    return this.#endedAt === undefined ? 0 : performance.now() - this.#endedAt;
  }

  /** Learns which process it is, where that is to be seen from here. */
  async #find(): Promise<void> {
    this.#isAsking = true;
    // It may have ended already, or the engine be slow.
    const late = setTimeout(() => this.#process.mayHaveEnded(), ANSWER_MS);
    const pid = await this.#process.pid().catch((error) => {
      this.#isUnanswered = errorCode(error) === 'ETIMEDOUT';
      return 0;
    });
    clearTimeout(late);
    this.#isAsking = false;
    if (pid === 0) return;
    this.#isUnanswered = false;
    if (isThere(pid)) {
      this.#pid = pid;
      this.#process.runs();
    }
    // The engine answers nothing of a container that has just ended, so it would not tell the same twice.
    else if (pid === this.#unseenPid) {
      this.#isElsewhere = true;
      this.#process.runs();
    } else this.#unseenPid = pid;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
