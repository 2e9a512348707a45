import type {
  OutputName,
  Process,
  ProcessPeek,
  ProcessReader,
  ProcessWriter,
} from '../../src/anchor/circuit.js';
import { type Awaitable, type Caller, type File, type Handle, PollEvents } from '../node.js';
import { ControlError, StreamFile } from './control.js';
import { commandFile, elementFile, type Place, writeStream } from './operation.js';
import { Readiness } from './readiness.js';

/** The files of a process, beside those that every element has. */
export function processFiles(place: Place): ReadonlyArray<readonly [string, File]> {
  const { member, path } = place;
  const open = (caller: Caller) => member.process(path, caller);
  const value = (show: (peek: ProcessPeek) => string) =>
    elementFile(place, async (caller) => {
      using process = await open(caller);
      return `${show(await process.peek(caller.signal))}\n`;
    });
  const stdin = new StreamFile('write', async (caller, { append }) => {
    const process = await open(caller);
    return new InputHandle(place, process, process.stdin({ append }));
  });
  const output = (name: OutputName) =>
    new StreamFile('read', async (caller) => {
      const process = await open(caller);
      return new OutputHandle(process, process.output(name));
    });
  return [
    ['cmd', value(({ Cmd }) => JSON.stringify(Cmd, undefined, 2))],
    ['stdin', stdin],
    ['stdout', output('stdout')],
    ['stderr', output('stderr')],
    ['wait', new StreamFile('read', async (caller) => new WaitHandle(await open(caller)))],
    [
      'signal',
      commandFile(place, 'signal', async (text, signal) => {
        using process = await member.process(path, { signal });
        await process.signal(text.trim(), signal);
      }),
    ],
    ['pid', value(({ Pid }) => String(Pid))],
    ['phase', value(({ Phase }) => Phase)],
    ['exit', value(({ Exit }) => Exit)],
    ['peek', value((peek) => JSON.stringify(peek, undefined, 2))],
  ];
}

/** The standard input: a FIFO whose reader is the process. */
class InputHandle implements Handle {
  readonly io = 'stream';
  readonly #place: Place;
  readonly #process: Process;
  readonly #writer: ProcessWriter;
  readonly #readiness: Readiness;

  constructor(place: Place, process: Process, writer: ProcessWriter) {
    this.#place = place;
    this.#process = process;
    this.#writer = writer;
    this.#readiness = new Readiness(
      (signal) => writer.ready(signal),
      (signal) => writer.whenReady(signal),
    );
  }

  poll(notify: (() => void) | undefined): Promise<number> {
    return this.#readiness.poll(PollEvents.out, notify);
  }

  write(data: Uint8Array, nonblock: boolean, { signal }: Caller): Promise<number> {
    return writeStream(this.#place, () => this.#writer.write(data, { signal, nonblock }));
  }

  release(): void {
    this.#readiness.end();
    const done = () => this.#process[Symbol.dispose]();
    this.#writer.close().then(done, done);
  }
}

/** The standard output or error: a pipe whose writer is the process. */
class OutputHandle implements Handle {
  readonly io = 'stream';
  readonly #process: Process;
  readonly #reader: ProcessReader;
  readonly #readiness: Readiness;

  constructor(process: Process, reader: ProcessReader) {
    this.#process = process;
    this.#reader = reader;
    this.#readiness = new Readiness(
      (signal) => reader.ready(signal),
      (signal) => reader.whenReady(signal),
    );
  }

  poll(notify: (() => void) | undefined): Promise<number> {
    return this.#readiness.poll(PollEvents.in, notify);
  }

  read(_offset: number, size: number, nonblock: boolean, { signal }: Caller): Promise<Uint8Array> {
    return this.#reader.read(size, { signal, nonblock });
  }

  settled(data: Uint8Array, delivered: boolean): void {
    if (delivered) this.#reader.received(data.length);
    else this.#reader.unread(data);
  }

  release(): void {
    this.#readiness.end();
    this.#reader.close();
    this.#process[Symbol.dispose]();
  }
}

/** Waits for the end of the process, and then gives what `peek` gives. */
class WaitHandle implements Handle {
  readonly io = 'direct';
  readonly #process: Process;
  readonly #readiness: Readiness;
  #content: Buffer | undefined;

  constructor(process: Process) {
    this.#process = process;
    this.#readiness = new Readiness(
      async (signal) => (await process.peek(signal)).Exit !== '',
      async (signal) => {
        await process.wait(signal);
      },
    );
  }

  poll(notify: (() => void) | undefined): Awaitable<number> {
    return this.#content ? PollEvents.in : this.#readiness.poll(PollEvents.in, notify);
  }

  async read(
    offset: number,
    size: number,
    nonblock: boolean,
    { signal }: Caller,
  ): Promise<Uint8Array> {
    if (!this.#content) {
      const peek = nonblock ? await this.#ended(signal) : await this.#process.wait(signal);
      this.#content = Buffer.from(`${JSON.stringify(peek, undefined, 2)}\n`);
    }
    return this.#content.subarray(offset, offset + size);
  }

  release(): void {
    this.#readiness.end();
    this.#process[Symbol.dispose]();
  }

  async #ended(signal: AbortSignal): Promise<ProcessPeek> {
    const peek = await this.#process.peek(signal);
    if (peek.Exit === '') throw new ControlError('EAGAIN', 'the process has not ended');
    return peek;
  }
}
