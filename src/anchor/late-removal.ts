import { errorMessage } from '../base/error.js';
import type { OperationsLog } from '../base/log.js';
import { retry } from '../base/retry.js';

/**
 * Removes an element that goes by itself; where that fails, it is logged and tried again.
 * @param anchor Its path, for the log.
 * @param remove Resolves to `false` where there is nothing to remove any more.
 */
export async function removeAtLast(
  anchor: string,
  log: OperationsLog,
  remove: () => Promise<boolean>,
): Promise<void> {
  try {
    await remove();
  } catch (error) {
    log.event(`${anchor} is not removed yet: ${errorMessage(error)}`);
    await retry(async () => {
      if (await remove()) log.event(`${anchor} was removed`);
    });
  }
}
