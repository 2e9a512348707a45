/** Taken by whatever can wait. */
export interface Interruptible {
  /** When it is aborted, what waits fails with EINTR. */
  readonly signal?: AbortSignal | undefined;
}
