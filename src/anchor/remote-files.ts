import type { RpcStub } from 'capnweb';
import type {
  Files,
  Log,
  LogExtent,
  LogPiece,
  Sink,
  SinkOptions,
  Source,
} from '../kinds/control-file.js';
import { RELAY_TIMEOUT_MS } from '../transport/limits.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type { FilesTarget } from './files-target.js';
import type { LogTarget } from './log-target.js';
import { call, disposeStub } from './remote-call.js';
import { RemoteSink } from './remote-sink.js';
import { RemoteSource } from './remote-source.js';

/** Waits for the answer of a member: not for ever, and a failure says that it is the member's. */
export type Answer = <T>(
  ask: () => PromiseLike<T>,
  signal?: AbortSignal,
  timeoutMs?: number,
) => Promise<T>;

/** The control files of a member, an anchor or an element of another member. */
export class RemoteFiles implements Files {
  readonly #stub: RpcStub<FilesTarget>;
  readonly #connection: PeerConnection<unknown>;
  readonly #answer: Answer;
  readonly #held: Disposable;

  /** @param connection Over which they are called; held as long as they are. */
  constructor(stub: RpcStub<FilesTarget>, connection: PeerConnection<unknown>, answer: Answer) {
    this.#stub = stub;
    this.#connection = connection;
    this.#answer = answer;
    this.#held = connection.hold();
  }

  value(name: string, signal?: AbortSignal): Promise<string> {
    return this.#answer(() => this.#stub.value(name), signal);
  }

  async command(name: string, text: string, signal?: AbortSignal): Promise<void> {
    const begun = this.#stub.command(name, text);
    try {
      // It may take as long as a member that itself waits for another daemon.
      const running = await this.#answer(() => begun, signal, RELAY_TIMEOUT_MS);
      if (!running) return;
      using held = running;
      await call(held.done(), signal);
    } catch (error) {
      // It may come yet, and nobody waits for it any more.
      begun.then(
        (late) => late && disposeStub(late),
        () => {},
      );
      throw error;
    }
  }

  source(name: string): Source {
    return new RemoteSource(this.#stub.source(name));
  }

  sink(name: string, { append = false }: SinkOptions = {}): Sink {
    return new RemoteSink(() => this.#stub.sink(name, append), this.#connection);
  }

  log(name: string): Log {
    return new RemoteLog(() => this.#stub.log(name), this.#answer);
  }

  [Symbol.dispose](): void {
    disposeStub(this.#stub);
    this.#held[Symbol.dispose]();
  }
}

/** A log of another member: each call is one of its own, so that what waits there ends with it. */
class RemoteLog implements Log {
  readonly #open: () => RpcStub<LogTarget>;
  readonly #answer: Answer;

  constructor(open: () => RpcStub<LogTarget>, answer: Answer) {
    this.#open = open;
    this.#answer = answer;
  }

  async extent(signal?: AbortSignal): Promise<LogExtent> {
    using log = this.#open();
    return await this.#answer(() => log.extent(), signal);
  }

  async read(offset: number, size: number, signal?: AbortSignal): Promise<LogPiece> {
    using log = this.#open();
    return await this.#answer(() => log.read(offset, size), signal);
  }

  async whenBeyond(offset: number, signal?: AbortSignal): Promise<void> {
    using log = this.#open();
    await call(log.whenBeyond(offset), signal);
  }
}
