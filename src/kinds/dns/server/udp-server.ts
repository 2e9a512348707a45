import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** While more answers wait for the kernel, further ones are lost, as datagrams are. */
const MAX_UNSENT = 256;

/**
 * Answers datagrams on one address. libuv gives at most 32 datagrams of a socket between two looks at
 * all others (uv__udp_recvmsg), so a flood of queries delays the rest of the daemon by less than a
 * millisecond.
 */
export class UdpServer {
  readonly #socket: Socket;

  private constructor(socket: Socket, respond: (message: Buffer) => Buffer | undefined) {
    this.#socket = socket;
    socket.on('message', (message, { address, port }) => {
      const answer = respond(message);
      // Nobody can be at port 0.
      if (!answer || port === 0 || socket.getSendQueueCount() > MAX_UNSENT) return;
      socket.send(answer, port, address, ignored);
    });
    // A datagram that could not be received is lost.
    socket.on('error', ignored);
  }

  /** @param port 0 for a free one. @throws The error of bind(2) */
  static async listen(
    host: string,
    port: number,
    respond: (message: Buffer) => Buffer | undefined,
  ): Promise<UdpServer> {
    const family = isIPv6(host) ? 6 : 4;
    const socket = createSocket({
      type: `udp${family}`,
      // Peers come as addresses. Node would look each of them up.
      lookup: (address, _options, found) => found(null, address, family),
    });
    try {
      const listening = once(socket, 'listening');
      socket.bind({ address: host, port, exclusive: true });
      await listening;
    } catch (error) {
      socket.close();
      throw error;
    }
    return new UdpServer(socket, respond);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Closes the socket at once. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** An answer that cannot be sent is lost; whoever asked asks again. */
function ignored(): void {}
