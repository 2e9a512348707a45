import type { ExecutionContext } from 'ava';
import type { WebSocket } from 'ws';
import type { Circuit } from '../../../src/anchor/circuit.js';
import { CircuitTarget } from '../../../src/anchor/circuit-target.js';
import { Address, newSecret } from '../../../src/base/address.js';
import type { OperationsLog } from '../../../src/base/log.js';
import { MessageMemory } from '../../../src/kinds/message-memory.js';
import { REGISTRY } from '../../../src/kinds/registry.js';
import type { PeerConnection } from '../../../src/transport/peer-connection.js';
import { Transport } from '../../../src/transport/transport.js';

export type Connection = PeerConnection<CircuitTarget>;

interface ServedOptions {
  /** Accounts for the messages that the peer sends. */
  readonly memory?: ReturnType<MessageMemory['ofConnection']>;
  readonly registry?: typeof REGISTRY;
  /** Told of the socket of each side. */
  readonly onSocket?: (side: 'server' | 'client', socket: WebSocket) => void;
}

/** A real connection to what a peer may call of a circuit. */
export async function served(
  t: ExecutionContext,
  circuit: Circuit,
  log: OperationsLog,
  options: ServedOptions = {},
): Promise<Connection> {
  const {
    memory = new MessageMemory().ofConnection(),
    registry = REGISTRY,
    onSocket = () => {},
  } = options;
  const deliver = () => {};
  const published = async () => {};
  const rest = { circuit, registry, log, memory, who: () => 'peer', deliver, published };
  const server = new Transport<CircuitTarget>({
    main: ({ flow, whenSilent }, socket) => {
      onSocket('server', socket);
      return new CircuitTarget({ ...rest, flow, whenSilent });
    },
  });
  const client = new Transport<CircuitTarget>({
    main: (_, socket) => onSocket('client', socket),
  });
  t.teardown(() => server.close());
  t.teardown(() => client.close());
  const secret = newSecret();
  const port = await server.listen({ host: '127.0.0.1', port: 0, secret });
  return await client.connect(new Address('127.0.0.1', port, 1, secret));
}
