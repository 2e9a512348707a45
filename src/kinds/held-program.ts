import type { Readable, Writable } from 'node:stream';
import { type Interruptible, interruptible } from '../base/interruptible.js';
import { type Ended, ended } from './ended.js';
import { HeldElement } from './held-element.js';
import { SinkStream, SourceStream } from './streams.js';

/**
 * An element that runs a program, such as a process, as a user of the library holds it.
 * @template Peek Its state.
 * @template End What `wait` gives.
 */
export abstract class HeldProgram<Peek, End extends Ended> extends HeldElement<Peek> {
  readonly #outputs = new Map<'stdout' | 'stderr', Readable>();
  #stdin: Writable | undefined;
  #ending: Promise<End> | undefined;

  /**
   * Its standard input, opened when this is first asked for. `end()` gives the
   * process the end of its input, if no other writer is open. Fails with EPIPE when
   * the process has ended or has closed its input, and with EHOSTUNREACH or EIO when the
   * member is lost. A program need not listen for that: {@link wait} tells how the process ended.
   */
  get stdin(): Writable {
    this.#stdin ??= new SinkStream(this.files.sink('stdin'));
    return this.#stdin;
  }

  /**
   * Its standard output: a pipe, of which each byte goes to one reader. Unread output
   * holds the process back at 64 KiB (a container at about 1.3 MiB), and stays readable after its end. With `Retain` it
   * begins with the bytes that are kept. A stream that is destroyed pushes back the bytes
   * that it has not handed out, and this then gives a new one. Fails with EIO when the
   * member is lost. Node's `addAbortSignal` interrupts it.
   */
  get stdout(): Readable {
    return this.#output('stdout');
  }

  /** Its standard error, as {@link stdout}. */
  get stderr(): Readable {
    return this.#output('stderr');
  }

  /** Resolves when it has ended; `Exit` is then its status, or a signal's name. @throws CircuitError EINTR */
  async wait({ signal }: Interruptible = {}): Promise<End> {
    // One call for all that wait here, also for those that give up.
    this.#ending ??= ended<End>(this.files);
    const ending = this.#ending;
    ending.catch(() => {
      if (this.#ending === ending) this.#ending = undefined;
    });
    return await interruptible(ending, signal);
  }

  /**
   * Signals it: a process together with its group.
   * @param name `KILL` or `SIGKILL`, or the number.
   * @throws CircuitError EINVAL (no such signal), ESRCH (it has ended), EINTR
   */
  signal(name: string | number, { signal }: Interruptible = {}): Promise<void> {
    return this.files.command('signal', String(name), signal);
  }

  protected override endStreams(): void {
    this.#stdin?.destroy();
    for (const stream of this.#outputs.values()) stream.destroy();
  }

  #output(name: 'stdout' | 'stderr'): Readable {
    const open = this.#outputs.get(name);
    if (open && !open.destroyed) return open;
    const stream = new SourceStream(this.files.source(name));
    this.#outputs.set(name, stream);
    return stream;
  }
}
