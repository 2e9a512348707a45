import type { RpcStub } from 'capnweb';
import { asCircuitError, CircuitError } from '../error.js';
import { MAX_CHUNK } from './channel-target.js';
import type {
  OutputName,
  Process,
  ProcessPeek,
  ProcessReader,
  ProcessWriter,
  WaitOptions,
} from './circuit.js';
import type { ProcessTarget, ReaderTarget, WriterTarget } from './process-target.js';
import { call } from './remote-call.js';

/** A process of another member. */
export class RemoteProcess implements Process {
  readonly kind = 'proc';
  readonly #stub: RpcStub<ProcessTarget>;
  readonly #connection: Disposable;

  /** @param connection Is let go with the process. */
  constructor(stub: RpcStub<ProcessTarget>, connection: Disposable) {
    this.#stub = stub;
    this.#connection = connection;
  }

  stdin({ append = false }: { readonly append?: boolean } = {}): ProcessWriter {
    return new RemoteWriter(this.#stub.stdin(append));
  }

  output(name: OutputName): ProcessReader {
    return new RemoteReader(this.#stub.output(name));
  }

  wait(signal?: AbortSignal): Promise<ProcessPeek> {
    return call(this.#stub.wait(), signal);
  }

  signal(name: string, signal?: AbortSignal): Promise<void> {
    return call(this.#stub.signal(name), signal);
  }

  peek(signal?: AbortSignal): Promise<ProcessPeek> {
    return call(this.#stub.peek(), signal);
  }

  [Symbol.dispose](): void {
    this.#stub[Symbol.dispose]();
    this.#connection[Symbol.dispose]();
  }
}

class RemoteWriter implements ProcessWriter {
  readonly #stub: RpcStub<WriterTarget>;
  #begun = false;
  #closed = false;

  constructor(stub: RpcStub<WriterTarget>) {
    this.#stub = stub;
  }

  async write(data: Uint8Array, { signal, nonblock = false }: WaitOptions = {}): Promise<number> {
    const chunk = data.subarray(0, MAX_CHUNK);
    try {
      const taken = await call(this.#stub.write(chunk, nonblock), signal, this.#begun);
      this.#begun = true;
      return taken;
    } catch (error) {
      // The call is not over there: only letting go of the writer ends it.
      if (asCircuitError(error).code === 'EINTR') await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#stub.close();
    } finally {
      this.#stub[Symbol.dispose]();
    }
  }
}

/** Reads ahead of its reader by one call, and gives back what the reader has not received. */
class RemoteReader implements ProcessReader {
  readonly #stub: RpcStub<ReaderTarget>;
  #chunk: Uint8Array = new Uint8Array();
  #received = 0;
  #begun = false;
  #closed = false;

  constructor(stub: RpcStub<ReaderTarget>) {
    this.#stub = stub;
  }

  async read(max: number, { signal, nonblock = false }: WaitOptions = {}): Promise<Uint8Array> {
    if (this.#closed) throw new CircuitError('EIO', 'the output is closed');
    if (this.#received === this.#chunk.length) {
      try {
        this.#chunk = await call(this.#stub.read(MAX_CHUNK, nonblock), signal, this.#begun);
      } catch (error) {
        // The call is not over there: only letting go of the reader ends it.
        if (asCircuitError(error).code === 'EINTR') this.close();
        throw error;
      }
      this.#received = 0;
      this.#begun = true;
    }
    const data = this.#chunk.subarray(this.#received, this.#received + max);
    this.#received += data.length;
    return data;
  }

  unread(data: Uint8Array): void {
    this.#received = Math.max(0, this.#received - data.length);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const done = () => this.#stub[Symbol.dispose]();
    this.#stub.finish(this.#received).then(done, done);
  }
}
