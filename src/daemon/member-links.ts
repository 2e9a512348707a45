import type { CircuitTarget } from '../anchor/circuit-target.js';
import { disposeStub } from '../anchor/remote-call.js';
import { CircuitError, errorMessage } from '../base/error.js';
import type { Link, Links, Membership } from '../membership/membership.js';
import type { PeerAddress } from '../membership/record.js';
import { CloseCode } from '../transport/ending.js';
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

/** Gives the membership what a peer delivers. A peer that may not, or delivers nonsense, is cut off. */
export function deliveryFrom(
  { address, ending }: PeerConnection<CircuitTarget>,
  membership: Membership,
): (message: unknown) => Promise<void> {
  let isRefused = false;
  return async (message) => {
    if (isRefused) throw new CircuitError('EPROTO', 'the connection is being ended');
    try {
      if (!address) throw new CircuitError('EINVAL', 'only daemons take part in the membership');
      membership.deliver(message, address.toString());
    } catch (error) {
      isRefused = true;
      ending.refuse(CloseCode.policy, errorMessage(error));
      throw error;
    }
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
