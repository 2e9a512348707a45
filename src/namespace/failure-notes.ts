/** How many directories' reasons are kept; the longest unused goes first. */
const KEPT = 1_000;

/**
 * Why the last command of each directory failed, for the files `error`. It
 * outlives the kernel's knowledge of the directory.
 */
export class FailureNotes {
  readonly #reasons = new Map<string, string>();

  /** @param error `undefined` for a command that was carried out. */
  note(directory: string, error: unknown): void {
    this.#reasons.delete(directory);
    if (error === undefined) return;
    this.#reasons.set(directory, error instanceof Error ? error.message : String(error));
    if (this.#reasons.size > KEPT) {
      const [oldest] = this.#reasons.keys();
      if (oldest !== undefined) this.#reasons.delete(oldest);
    }
  }

  /** One line, or nothing if the last command was carried out. */
  reason(directory: string): string {
    const reason = this.#reasons.get(directory);
    return reason === undefined ? '' : `${reason}\n`;
  }
}
