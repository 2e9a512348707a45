/** A word that could stand at the cursor. */
export interface Candidate {
  readonly value: string;
  /** A line on it, which may be empty. */
  readonly help: string;
}
