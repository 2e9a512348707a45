import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { MessageStream } from './message-stream.js';
import { HEADER_BYTES } from './query.js';

/** The most connections. A new one takes the place of the one that has not asked for longest. */
export const MAX_CONNECTIONS = 128;

/** A connection on which nothing comes or goes for so long is closed (RFC 7766, section 6.2.3). */
export const IDLE_TIMEOUT_MS = 10_000;

/** How many queries of a connection are answered before the rest of the daemon has its turn. */
const QUERIES_PER_TURN = 32;

/** Answers queries over TCP (RFC 7766), in the order in which they come. */
export class TcpServer {
  readonly #server: Server;
  /** The one that has asked last is the last. */
  readonly #connections = new Set<TcpConnection>();

  private constructor(respond: (message: Buffer) => Buffer | undefined) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new TcpConnection(socket, (message) => {
        this.#connections.delete(connection);
        this.#connections.add(connection);
        return respond(message);
      });
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
      const [longest] = this.#connections;
      if (this.#connections.size > MAX_CONNECTIONS) longest?.[Symbol.dispose]();
    });
  }

  /** @throws The error of bind(2) or listen(2) */
  static async listen(
    host: string,
    port: number,
    respond: (message: Buffer) => Buffer | undefined,
  ): Promise<TcpServer> {
    const server = new TcpServer(respond);
    const listening = once(server.#server, 'listening');
    server.#server.listen({ host, port, exclusive: true });
    await listening;
    // Out of descriptors, for one: those who wait connect again.
    server.#server.on('error', () => {});
    return server;
  }

  /** Stops listening, and cuts the connections off. */
  [Symbol.dispose](): void {
    this.#server.close();
    for (const connection of this.#connections) connection[Symbol.dispose]();
  }
}

class TcpConnection {
  readonly #socket: Socket;
  readonly #respond: (message: Buffer) => Buffer | undefined;
  /** Queries that have not been answered. */
  readonly #queries = new MessageStream();
  #hasEnded = false;

  constructor(socket: Socket, respond: (message: Buffer) => Buffer | undefined) {
    this.#socket = socket;
    this.#respond = respond;
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      this.#queries.add(bytes);
      this.#answer();
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      if (!socket.isPaused()) this.#answer();
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /** Answers what is complete, as far as the peer reads the answers. */
  #answer(): void {
    const socket = this.#socket;
    socket.cork();
    const hasMore = this.#answerSome();
    socket.uncork();
    if (hasMore) {
      socket.pause();
      const goOn = () => {
        if (!socket.destroyed) this.#answer();
      };
      if (socket.writableNeedDrain) socket.once('drain', goOn);
      else setImmediate(goOn);
    } else if (this.#hasEnded) {
      socket.end();
    } else {
      socket.resume();
    }
  }

  /** @returns Whether there may be more to answer. */
  #answerSome(): boolean {
    const socket = this.#socket;
    for (let count = 0; count < QUERIES_PER_TURN; count += 1) {
      if (socket.writableLength >= socket.writableHighWaterMark) return true;
      const message = this.#queries.take();
      if (!message) return false;
      // It does not speak DNS.
      if (message.length < HEADER_BYTES) {
        socket.destroy();
        return false;
      }
      const answer = this.#respond(message);
      if (answer) this.#write(answer);
    }
    return true;
  }

  #write(answer: Buffer): void {
    const length = Buffer.allocUnsafe(2);
    length.writeUInt16BE(answer.length);
    this.#socket.write(length);
    this.#socket.write(answer);
  }
}
