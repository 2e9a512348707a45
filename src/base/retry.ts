import { setTimeout as delay } from 'node:timers/promises';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/** Makes an attempt until one succeeds, with exponential back-off: the first in half a second, then at least every 30 s. */
export async function retry(attempt: () => Promise<void>): Promise<void> {
  for (let wait = FIRST_DELAY_MS; ; wait = Math.min(2 * wait, MAX_DELAY_MS)) {
    // It is not to keep a program alive that has nothing else to do.
    await delay(wait, undefined, { ref: false });
    try {
      return await attempt();
    } catch {
      // Its caller has told why it is tried again.
    }
  }
}
