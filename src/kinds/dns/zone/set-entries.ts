import { CircuitError } from '../../../base/error.js';
import { moved } from '../../../base/garbage.js';
import { type Entry, entriesOf } from '../records/entries.js';
import { excerpt, invalid } from '../records/invalid.js';
import { EXAMPLE, parseRecord } from '../records/zone-text.js';
import type { Zones } from './zones.js';

/** So long records are set before the rest of the daemon has its turn. */
const TURN_MS = 5;

/** The garbage that a text of one record leaves in V8's heap, in bytes; V8 sees by itself to that of many. */
const COST_BYTES = 4096;

/**
 * Sets the records of a zone text in their order, up to one that is refused. A text of a few is set in
 * this very turn.
 * @param goOn Called at the beginning of each turn; throws where no more are to be set.
 * @throws CircuitError EINVAL (it has no record), and as {@link parseRecord} and {@link Zones.set}
 */
export async function setEntries(zones: Zones, text: string, goOn: () => void): Promise<void> {
  goOn();
  let turnEnds = performance.now() + TURN_MS;
  let hasSome = false;
  for (const entry of entriesOf(text)) {
    if (performance.now() > turnEnds) {
      zones.listing.update();
      await new Promise((resolve) => setImmediate(resolve));
      goOn();
      turnEnds = performance.now() + TURN_MS;
    }
    setEntry(zones, entry, text.includes('\n'));
    hasSome = true;
  }
  moved(COST_BYTES);
  if (!hasSome) {
    throw invalid(
      `a record is missing, there are only blanks or comments: one looks like ${EXAMPLE}`,
    );
  }
}

/** @param isOneOfMany An error is to tell which one. */
function setEntry(zones: Zones, { text, line }: Entry, isOneOfMany: boolean): void {
  try {
    zones.set(parseRecord(text));
  } catch (error) {
    if (!isOneOfMany || !(error instanceof CircuitError)) throw error;
    const where = `line ${line} of this write, ${excerpt(text)}`;
    throw new CircuitError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}
