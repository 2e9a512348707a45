import type { Readable, Writable } from 'node:stream';
import type * as anchor from '../anchor/circuit.js';
import { type Interruptible, interruptible } from '../base/interruptible.js';
import type { Anchor } from './anchor.js';
import { SinkStream, SourceStream } from './streams.js';

/**
 * A process that runs on a member, or has ended there. Every call can fail with
 * EHOSTUNREACH, if the member cannot be reached. To dispose of it lets go of it
 * and its streams, and leaves the process as it is.
 */
export class Process implements Disposable, AsyncDisposable {
  readonly kind = 'proc';
  readonly anchor: Anchor;
  readonly #process: anchor.Process;
  readonly #held: Set<Disposable>;
  readonly #outputs = new Map<anchor.OutputName, Readable>();
  #stdin: Writable | undefined;
  #ending: Promise<anchor.ProcessPeek> | undefined;

  constructor(anchor: Anchor, process: anchor.Process, held: Set<Disposable>) {
    this.anchor = anchor;
    this.#process = process;
    this.#held = held;
    held.add(this);
  }

  /**
   * Its standard input, opened when this is first asked for. `end()` gives the
   * process the end of its input, if no other writer is open. Fails with EPIPE when
   * the process has ended or has closed its input, and with EHOSTUNREACH or EIO when the
   * member is lost; where nobody listens for that it does no harm: {@link wait} tells how it ended.
   */
  get stdin(): Writable {
    this.#stdin ??= new SinkStream(this.#process.stdin());
    return this.#stdin;
  }

  /**
   * Its standard output: a pipe, of which each byte goes to one reader; with
   * `Retain`, what is kept and what follows. What nobody reads holds the process
   * back at 64 KiB and stays readable after its end. A stream that is destroyed gives
   * back what it had not yet handed out, and this then gives a new one. Fails with
   * EIO when the member is lost. Where it waits, Node's `addAbortSignal` interrupts it.
   */
  get stdout(): Readable {
    return this.#output('stdout');
  }

  /** Its standard error, as {@link stdout}. */
  get stderr(): Readable {
    return this.#output('stderr');
  }

  /** Resolves when it has ended; `Exit` is then its status, or a signal's name. @throws CircuitError EINTR */
  async wait({ signal }: Interruptible = {}): Promise<anchor.ProcessPeek> {
    // One call there for all who wait here, and who give up.
    this.#ending ??= this.#process.wait();
    const ending = this.#ending;
    ending.catch(() => {
      if (this.#ending === ending) this.#ending = undefined;
    });
    return await interruptible(ending, signal);
  }

  /**
   * Signals its process group.
   * @param name `KILL` or `SIGKILL`, or the number.
   * @throws CircuitError EINVAL (no such signal), ESRCH (it has ended), EINTR
   */
  signal(name: string | number, { signal }: Interruptible = {}): Promise<void> {
    return this.#process.signal(String(name), signal);
  }

  /** Its command, phase, process id, and how it ended. @throws CircuitError EINTR */
  peek({ signal }: Interruptible = {}): Promise<anchor.ProcessPeek> {
    return this.#process.peek(signal);
  }

  /** Kills its group, if something of it runs, and removes the element. @throws CircuitError ENOENT, EINTR */
  scrub(options?: Interruptible): Promise<void> {
    return this.anchor.scrub(options);
  }

  [Symbol.dispose](): void {
    if (!this.#held.delete(this)) return;
    this.#stdin?.destroy();
    for (const stream of this.#outputs.values()) stream.destroy();
    this.#process[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }

  #output(name: anchor.OutputName): Readable {
    const open = this.#outputs.get(name);
    if (open && !open.destroyed) return open;
    const stream = new SourceStream(this.#process.output(name));
    this.#outputs.set(name, stream);
    return stream;
  }
}
