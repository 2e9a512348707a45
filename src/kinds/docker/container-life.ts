/**
 * `oom`: it was killed because it, or a process in it, had no more memory. `removed`: somebody else has removed it from the
 * engine.
 */
export type ContainerPhase = 'running' | 'paused' | 'exited' | 'oom' | 'removed';

/** The exit status of a program that SIGKILL ended: the kernel sends it where memory is short. */
export const KILLED = 137;

type State =
  | { readonly is: 'created' | 'running' | 'paused' }
  /** The engine has told of its end, and is asked whether memory was short. */
  | { readonly is: 'exiting'; readonly exit: string }
  | { readonly is: 'exited'; readonly exit: string }
  | { readonly is: 'removed'; readonly exit: string };

/**
 * The states of a container: created → running ⇄ paused → exiting → exited → removed. It may be removed in each
 * of them, and one that was left behind may have exited when it is first seen.
 */
export class ContainerLife {
  /** Resolves when it has ended, and {@link exit} tells how. */
  readonly exited: Promise<void>;
  #resolveExited: () => void = () => {};
  #state: State = { is: 'created' };
  #outOfMemory = false;

  constructor() {
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
  }

  get phase(): ContainerPhase {
    const { is } = this.#state;
    switch (is) {
      case 'created':
      case 'exiting':
        return 'running';
      case 'exited':
        return this.#outOfMemory && this.exit === String(KILLED) ? 'oom' : 'exited';
      default:
        return is;
    }
  }

  /** Empty while it runs, then the status as text; `unknown` if nobody saw it end. */
  get exit(): string {
    return this.#state.is === 'exited' || this.#state.is === 'removed' ? this.#state.exit : '';
  }

  /** Whether {@link exited} is still to resolve. */
  get alive(): boolean {
    return this.#state.is !== 'exited' && this.#state.is !== 'removed';
  }

  /** Whether it has been started, and nobody has told of its end. */
  get runs(): boolean {
    return this.#state.is === 'running' || this.#state.is === 'paused';
  }

  start(): void {
    if (this.#state.is === 'created') this.#state = { is: 'running' };
  }

  pause(isPaused: boolean): void {
    if (this.runs) this.#state = { is: isPaused ? 'paused' : 'running' };
  }

  /** A process in it was killed since memory was short. */
  runOutOfMemory(): void {
    this.#outOfMemory = true;
  }

  /**
   * Its end is told, and {@link end} is to follow.
   * @param exitCode Undefined if nobody knows it.
   * @returns Whether that is new.
   */
  exiting(exitCode: number | undefined): boolean {
    if (!this.runs && this.#state.is !== 'created') return false;
    this.#state = { is: 'exiting', exit: exitText(exitCode) };
    return true;
  }

  end(): void {
    if (this.#state.is === 'exiting') this.#state = { is: 'exited', exit: this.#state.exit };
    this.#resolveExited();
  }

  /** @param exitCode How it ended then, if it ran until now. */
  remove(exitCode: number | undefined): void {
    const exit = 'exit' in this.#state ? this.#state.exit : exitText(exitCode);
    this.#state = { is: 'removed', exit };
    this.#resolveExited();
  }
}

function exitText(exitCode: number | undefined): string {
  return exitCode === undefined ? 'unknown' : String(exitCode);
}
