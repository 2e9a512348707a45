import {
  type Awaitable,
  type Caller,
  type File,
  type Handle,
  PollEvents,
} from '../../mount/node.js';
import type {
  OutputName,
  Process,
  ProcessPeek,
  ProcessReader,
  ProcessWriter,
} from '../anchor/circuit.js';
import { ControlError, jsonText, StreamFile } from './control.js';
import { commandFile, type Place, valueFiles, writeStream } from './operation.js';
import { Readiness } from './readiness.js';
import type { Renderings } from './renderings.js';
import { once } from './value.js';

/** The files of a process, beside those that every element has. */
export function processFiles(place: Place): ReadonlyArray<readonly [string, File]> {
  const { member, path, context } = place;
  const open = (caller: Caller) => member.process(path, caller);
  const stdin = new StreamFile('write', async (caller, { append }) => {
    const process = await open(caller);
    return new InputHandle(place, process, process.stdin({ append }));
  });
  const output = (name: OutputName) =>
    new StreamFile('read', async (caller) => {
      const process = await open(caller);
      return new OutputHandle(process, process.output(name), context.renderings);
    });
  return [
    ...processValues(place),
    ['stdin', stdin],
    ['stdout', output('stdout')],
    ['stderr', output('stderr')],
    [
      'wait',
      new StreamFile(
        'read',
        async (caller) => new WaitHandle(await open(caller), context.renderings),
      ),
    ],
    [
      'signal',
      commandFile(place, 'signal', async (text, signal) => {
        using process = await member.process(path, { signal });
        await process.signal(text.trim(), signal);
      }),
    ],
  ];
}

function processValues(place: Place): ReadonlyArray<readonly [string, File]> {
  return valueFiles(place, 'proc', () => {
    const peek = once(async () => {
      using process = await place.member.process(place.path);
      return await process.peek();
    });
    const value = (show: (peek: ProcessPeek) => string) => async () => `${show(await peek())}\n`;
    return {
      cmd: async () => jsonText((await peek()).Cmd),
      pid: value(({ Pid }) => String(Pid)),
      phase: value(({ Phase }) => Phase),
      exit: value(({ Exit }) => Exit),
      peek: async () => jsonText(await peek()),
    };
  });
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
  readonly #renderings: Renderings;
  readonly #readiness: Readiness;

  constructor(process: Process, reader: ProcessReader, renderings: Renderings) {
    this.#process = process;
    this.#reader = reader;
    this.#renderings = renderings;
    this.#readiness = new Readiness(
      (signal) => reader.ready(signal),
      (signal) => reader.whenReady(signal),
    );
  }

  poll(notify: (() => void) | undefined): Promise<number> {
    return this.#readiness.poll(PollEvents.in, notify);
  }

  async read(
    _offset: number,
    size: number,
    nonblock: boolean,
    { signal }: Caller,
  ): Promise<Uint8Array> {
    const data = await this.#reader.read(size, { signal, nonblock });
    this.#renderings.expire();
    return data;
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
  readonly #renderings: Renderings;
  readonly #readiness: Readiness;
  #content: Buffer | undefined;

  constructor(process: Process, renderings: Renderings) {
    this.#process = process;
    this.#renderings = renderings;
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
      this.#content = Buffer.from(jsonText(peek));
      this.#renderings.expire();
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
