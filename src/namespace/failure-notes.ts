import { EvictingMap } from '../base/evicting-map.js';

/** How many directories' reasons are kept. */
const MAX_KEPT = 1_000;

/**
 * The reason for which the last command of each directory failed, for the files `error`. It outlives
 * the kernel's knowledge of the directory.
 */
export class FailureNotes {
  readonly #reasons = new EvictingMap<string, string>({ limit: MAX_KEPT });

  /** @param error `undefined` for a command that was carried out. */
  note(directory: string, error: unknown): void {
    if (error === undefined) this.#reasons.delete(directory);
    else this.#reasons.set(directory, error instanceof Error ? error.message : String(error));
  }

  /** One line, or nothing if the last command was carried out. */
  reason(directory: string): string {
    const reason = this.#reasons.get(directory);
    return reason === undefined ? '' : `${reason}\n`;
  }
}
