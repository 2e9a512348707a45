import { LogWriter } from './log-writer.js';

/** Signals that end it in order. A terminal that goes away sends HUP. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A command that goes on until it is told to end: a daemon, or a mount. */
export class Foreground {
  readonly log = new LogWriter();
  readonly #ending = new AbortController();
  #status = 0;

  constructor() {
    // From the first moment: a start that is broken off undoes what it has begun.
    for (const name of ENDING) process.on(name, () => this.#ending.abort());
    // An error of ours. Ending in order takes the mount away; a crash would leave it hanging.
    process.on('uncaughtException', ({ stack }) => this.fail(String(stack)));
  }

  /** Aborted when it is to end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Ends it in order, and has it exit with 1. */
  fail(why: string): void {
    this.log.write(`circuit: ${why}\n`);
    this.#status = 1;
    this.#ending.abort();
  }

  async exit(status = this.#status): Promise<never> {
    await this.log.drained();
    process.exit(status);
  }
}
