import { formatAuthority } from '../../../base/address.js';
import { CircuitError, errorCode, errorMessage } from '../../../base/error.js';
import { TcpServer } from './tcp-server.js';
import { UdpServer } from './udp-server.js';

/** How many ports are tried to find one that is free for both UDP and TCP. */
const PORTS_TRIED = 32;

export interface Responders {
  udp(message: Buffer): Buffer | undefined;
  tcp(message: Buffer): Buffer | undefined;
}

/** The sockets of a name server: UDP and TCP, on one address and port. */
export class Servers {
  readonly #udp: UdpServer;
  readonly #tcp: TcpServer;
  #isClosed = false;

  private constructor(udp: UdpServer, tcp: TcpServer) {
    this.#udp = udp;
    this.#tcp = tcp;
  }

  /**
   * @param port 0 for one that is free for both.
   * @throws CircuitError EADDRINUSE, EACCES, EADDRNOTAVAIL
   */
  static async listen(host: string, port: number, respond: Responders): Promise<Servers> {
    for (let tries = 1; ; tries += 1) {
      let udp: UdpServer | undefined;
      try {
        udp = await UdpServer.listen(host, port, respond.udp);
        return new Servers(udp, await TcpServer.listen(host, udp.port, respond.tcp));
      } catch (error) {
        udp?.[Symbol.dispose]();
        // Another program has that port for TCP.
        const isTaken = port === 0 && errorCode(error) === 'EADDRINUSE' && tries < PORTS_TRIED;
        if (!isTaken) throw listenError(error, host, port);
      }
    }
  }

  get port(): number {
    return this.#udp.port;
  }

  /** Closes all sockets at once. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#udp[Symbol.dispose]();
    this.#tcp[Symbol.dispose]();
  }
}

function listenError(error: unknown, host: string, port: number): unknown {
  const where = formatAuthority(host, port);
  const options = { cause: error };
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new CircuitError(
        'EADDRINUSE',
        `another program listens on ${where}: give another port, or 0 for a free one`,
        options,
      );
    case 'EACCES':
      return new CircuitError(
        'EACCES',
        `the daemon may not listen on ${where}: for a port below 1024 it needs root, or CAP_NET_BIND_SERVICE`,
        options,
      );
    case 'EADDRNOTAVAIL':
      return new CircuitError('EADDRNOTAVAIL', `${host} is no address of this host`, options);
    default:
      return new CircuitError('EIO', `cannot listen on ${where}: ${errorMessage(error)}`, options);
  }
}
