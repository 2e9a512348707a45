import type {
  AttendedProcess,
  OutputName,
  Process,
  ProcessPeek,
  ProcessReader,
  ProcessWriter,
} from './circuit.js';

export interface Attendance {
  /** Ends the process, which has lost its attendant; called once. */
  hangUp(): Promise<void>;
  /** As {@link AttendedProcess.scrub}. */
  scrub(): Promise<void>;
}

/** A process of this member that ends with the one who holds this. */
export class LocalAttendedProcess implements AttendedProcess {
  readonly kind = 'proc';
  readonly #process: Process;
  readonly #attendance: Attendance;
  #held = true;

  constructor(process: Process, attendance: Attendance) {
    this.#process = process;
    this.#attendance = attendance;
  }

  stdin(options?: { readonly append?: boolean }): ProcessWriter {
    return this.#process.stdin(options);
  }

  output(name: OutputName): ProcessReader {
    return this.#process.output(name);
  }

  wait(signal?: AbortSignal): Promise<ProcessPeek> {
    return this.#process.wait(signal);
  }

  signal(name: string, signal?: AbortSignal): Promise<void> {
    return this.#process.signal(name, signal);
  }

  peek(signal?: AbortSignal): Promise<ProcessPeek> {
    return this.#process.peek(signal);
  }

  scrub(): Promise<void> {
    return this.#attendance.scrub();
  }

  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    void this.#attendance.hangUp();
  }
}
