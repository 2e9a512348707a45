import test from 'ava';
import { RpcTarget } from 'capnweb';
import { Address, newMemberName, newSecret } from '../../../src/base/address.js';
import { CircuitClient } from '../../../src/client/client.js';
import { CloseCode, type Ending } from '../../../src/transport/ending.js';
import { Transport } from '../../../src/transport/transport.js';

const self = newMemberName();

/** A member that does not answer. */
class Silent extends RpcTarget {
  view(): Promise<never> {
    return new Promise(() => {});
  }
}

class Daemon extends RpcTarget {
  roster() {
    return { self, members: [{ name: self, joined: 1, state: 'alive' }] };
  }

  member(): Silent {
    return new Silent();
  }
}

test('a client whose connection was ended is told why, by what waits and by what is called later', async (t) => {
  const endings: Ending[] = [];
  const server = new Transport<unknown>({
    main: ({ ending }) => {
      endings.push(ending);
      return new Daemon();
    },
  });
  t.teardown(() => server.close());
  const secret = newSecret();
  const port = await server.listen({ host: '127.0.0.1', port: 0, secret });
  await using client = await CircuitClient.dial(new Address('127.0.0.1', port, 1, secret));
  const message = `127.0.0.1:${port} ended the connection: more than 30000 open calls`;
  const error = { code: 'EHOSTUNREACH', message: new RegExp(`(^|: )${message}$`) };
  const waiting = t.throwsAsync(client.anchor(`/${self}/a`).view(), error);
  await client.refresh();
  endings[0]?.refuse(CloseCode.policy, 'more than 30000 open calls');
  await waiting;
  t.false(client.isOpen);
  t.is(client.whyClosed, message);
  await t.throwsAsync(client.anchor(`/${self}/a`).view(), error);
  await t.throwsAsync(client.refresh(), error);
});
