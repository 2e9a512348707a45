import type { CircuitTarget } from '../anchor/circuit-target.js';
import { disposeStub } from '../anchor/remote-call.js';
import type { Link, Links } from '../membership/membership.js';
import type { PeerAddress } from '../membership/record.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type { Transport } from '../transport/transport.js';

/** Gives the membership the connections that everything else runs over, too. */
export function linksOver(transport: Transport<CircuitTarget>): Links {
  return {
    connect: async (address, signal) =>
      linkOver(await transport.connect(address, signal), address.toString()),
    standing: (peer) => {
      const connection = transport.standing(peer);
      return connection && linkOver(connection, peer);
    },
    probe: (address, timeout) => transport.probe(address, timeout),
  };
}

function linkOver(connection: PeerConnection<CircuitTarget>, peer: PeerAddress): Link {
  return {
    peer: connection.address?.toString() ?? peer,
    send: (message, lost) => {
      // The answer is not asked for, so the peer does not send it.
      disposeStub(connection.main.deliver(message));
      connection.unanswered(lost);
    },
    sendAndWait: async (message) => await connection.main.deliver(message),
    hold: () => connection.hold(),
    whenSilent: (listener) => connection.whenSilent(listener),
    closed: connection.closed,
  };
}
