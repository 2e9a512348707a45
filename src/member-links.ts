import type { RpcStub } from 'capnweb';
import { letGo } from './anchor/remote-call.js';
import type { CircuitTarget } from './anchor/target.js';
import type { Links } from './membership/membership.js';
import type { Transport } from './transport/transport.js';

/** How the membership reaches the members: by the connections that all else runs over, too. */
export function linksOver(transport: Transport<RpcStub<CircuitTarget>>): Links {
  return {
    connect: async (address, signal) => {
      const connection = await transport.connect(address, signal);
      return {
        send: (message, lost) => {
          // Its answer, which is not asked for, is not sent.
          letGo(connection.main.deliver(message));
          connection.unanswered(lost);
        },
        sendAndWait: async (message) => await connection.main.deliver(message),
        hold: () => connection.hold(),
        whenSilent: (listener) => connection.whenSilent(listener),
        closed: connection.closed,
      };
    },
    probe: (address, signal) => transport.probe(address, signal),
  };
}
