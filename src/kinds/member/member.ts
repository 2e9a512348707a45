import type { Files, LogExtent, LogPiece } from '../control-file.js';
import type { MemberPeek, MemberPeers } from './kind.js';

/**
 * A member of the network: a daemon. It is a mere name and needs no release. Every call can fail with
 * EHOSTUNREACH, if the member cannot be reached now, and with EINTR, if its signal is aborted.
 */
export class Member {
  readonly name: string;
  readonly #files: (signal?: AbortSignal) => Promise<Files>;

  /** @param files Opens its control files. */
  constructor(name: string, files: (signal?: AbortSignal) => Promise<Files>) {
    this.name = name;
    this.#files = files;
  }

  /** Its circuit address, a secret. */
  async addr(signal?: AbortSignal): Promise<string> {
    return (await this.#value('addr', signal)).trimEnd();
  }

  /**
   * Merges its network with those of the daemons at `addresses`. All are tried; if any fails, so does
   * the call, with the first one's errno and a sentence on each.
   * @throws CircuitError EINVAL, EACCES, ECONNREFUSED, ETIMEDOUT, EPROTO, ECONNRESET, EMFILE,
   *   ECANCELED (it left meanwhile, or another daemon was started as it)
   */
  join(addresses: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#command('join', addresses.join(' '), signal);
  }

  /** Leaves the network and goes on alone. */
  leave(signal?: AbortSignal): Promise<void> {
    return this.#command('leave', '', signal);
  }

  /**
   * Has it read its file of cluster keys again. Connections that stand go on; those that are opened
   * from then on are dialled with the first key, and accepted with any.
   * @throws CircuitError EINVAL (the file holds no keys; nothing has changed), ENOTSUP (it was started
   *   without one)
   */
  reload(signal?: AbortSignal): Promise<void> {
    return this.#command('reload', '', signal);
  }

  /** Ends the daemon in order; resolves when the end has begun. */
  shutdown(signal?: AbortSignal): Promise<void> {
    return this.#command('shutdown', '', signal);
  }

  /** Its state, also while it cannot be reached. @throws CircuitError ENOENT (it is not listed any more) */
  async peek(signal?: AbortSignal): Promise<MemberPeek> {
    return JSON.parse(await this.#value('peek', signal));
  }

  /** To which members it keeps links. */
  async peers(signal?: AbortSignal): Promise<MemberPeers> {
    return JSON.parse(await this.#value('peers', signal));
  }

  /** Memory and heap of the running daemon, and the resources that it waits for: JSON. */
  stk(signal?: AbortSignal): Promise<string> {
    return this.#value('stk', signal);
  }

  /** Which part of its operations log is kept, in bytes since the daemon started. */
  log(signal?: AbortSignal): Promise<LogExtent> {
    return this.#use((files) => files.log('log').extent(signal), signal);
  }

  /** Up to `size` bytes of the log from `offset`, or from the oldest that is kept; none at its end. */
  readLog(offset: number, size: number, signal?: AbortSignal): Promise<LogPiece> {
    return this.#use((files) => files.log('log').read(offset, size, signal), signal);
  }

  /** Resolves when the log goes beyond `offset`, however long that takes. */
  whenLogged(offset: number, signal?: AbortSignal): Promise<void> {
    return this.#use((files) => files.log('log').whenBeyond(offset, signal), signal);
  }

  #value(name: string, signal: AbortSignal | undefined): Promise<string> {
    return this.#use((files) => files.value(name, signal), signal);
  }

  #command(name: string, text: string, signal: AbortSignal | undefined): Promise<void> {
    return this.#use((files) => files.command(name, text, signal), signal);
  }

  async #use<T>(run: (files: Files) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    using files = await this.#files(signal);
    return await run(files);
  }
}
