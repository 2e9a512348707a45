import { Resolver as Dns } from 'node:dns/promises';
import test, { type ExecutionContext } from 'ava';
import { Contact } from '../../../src/base/contact.js';
import { errorCode } from '../../../src/base/error.js';
import { fulfilled } from '../../../src/base/fulfilled.js';
import { MAX_ENDPOINTS, type NameService, Resolver } from '../../../src/bootstrap/resolver.js';
import { NameServer, type Zone } from '../../name-server.js';

/** A resolver that asks a name server that has this zone. */
async function served(t: ExecutionContext, zone: Zone) {
  const server = await NameServer.listen(() => zone);
  t.teardown(() => server.close());
  const dns = new Dns({ timeout: 100, tries: 1 });
  dns.setServers([`127.0.0.1:${server.port}`]);
  const names: NameService = {
    services: (name) => dns.resolveSrv(name),
    addresses: async (host) => {
      return (await fulfilled([dns.resolve4(host), dns.resolve6(host)])).flat();
    },
  };
  const resolver = new Resolver(names);
  const resolve = async (text: string) => {
    const contact = Contact.tryParse(text);
    if (!contact) throw new Error(`${text} is no contact`);
    const found = await resolver.resolve(contact);
    return found.map(({ host, port }) => `${host} ${port}`);
  };
  return { resolve, asked: server.asked };
}

test('an IP address is itself, and nobody is asked', async (t) => {
  const { resolve, asked } = await served(t, {});
  t.deepEqual(await resolve('10.0.0.1'), ['10.0.0.1 11022']);
  t.deepEqual(await resolve('[2001:db8::1]:7'), ['2001:db8::1 7']);
  t.deepEqual(asked, []);
});

test('a name with a port stands for all its A and AAAA records, once each', async (t) => {
  const addresses = ['10.0.0.1', '10.0.0.2', '2001:db8::2', '10.0.0.1'];
  const { resolve, asked } = await served(t, { 'c.test': { addresses } });
  t.deepEqual(await resolve('c.test:7'), ['10.0.0.1 7', '10.0.0.2 7', '2001:db8::2 7']);
  t.false(asked.some((name) => name.startsWith('_circuit')));
});

test('a name without a port stands for the hosts of its SRV records, the first priority first', async (t) => {
  const { resolve } = await served(t, {
    '_circuit._tcp.c.test': {
      services: [
        [20, 0, 3, 'b.test'],
        [10, 0, 1, 'a.test'],
        [10, 0, 2, 'gone.test'],
      ],
    },
    'c.test': { addresses: ['10.0.0.9'] },
    'a.test': { addresses: ['10.0.0.1', '2001:db8::1'] },
    'b.test': { addresses: ['10.0.0.2'] },
  });
  t.deepEqual(await resolve('c.test'), ['10.0.0.1 1', '2001:db8::1 1', '10.0.0.2 3']);
});

test('of one priority, the more weight a record has the more often it is first', async (t) => {
  const { resolve } = await served(t, {
    '_circuit._tcp.c.test': {
      services: [
        [1, 0, 1, 'a.test'],
        [1, 1, 2, 'a.test'],
        [1, 9, 3, 'a.test'],
      ],
    },
    'a.test': { addresses: ['10.0.0.1'] },
  });
  const firsts = { 1: 0, 2: 0, 3: 0 };
  for (let i = 0; i < 100; i += 1) {
    const [first = ''] = await resolve('c.test');
    firsts[first.at(-1) as unknown as keyof typeof firsts] += 1;
  }
  t.is(firsts[1], 0);
  // 90 of 100 are expected; it is less than 70 once in a million times.
  t.true(firsts[3] > 70, JSON.stringify(firsts));
});

test('a name that has no SRV record, or is not there at all, is looked up with port 11022', async (t) => {
  const { resolve } = await served(t, {
    'one.test': { addresses: ['10.0.0.1'] },
    '_circuit._tcp.two.test': {},
    'two.test': { addresses: ['10.0.0.2'] },
  });
  t.deepEqual(await resolve('one.test'), ['10.0.0.1 11022']);
  t.deepEqual(await resolve('two.test'), ['10.0.0.2 11022']);
  const error = await t.throwsAsync(resolve('three.test'), { code: 'EHOSTUNREACH' });
  t.is(error?.message, 'there is no host named three.test');
});

test('an answer without an SRV record, as of a wildcard with a CNAME, is that of a name without one', async (t) => {
  const names: NameService = {
    services: async () => [],
    addresses: async () => ['10.0.0.1'],
  };
  const found = await new Resolver(names).resolve(new Contact('web1.test'));
  t.deepEqual(found, [{ host: '10.0.0.1', port: 11022 }]);
});

test('an SRV record with the target "." says that there is no daemon, whatever addresses there are', async (t) => {
  const { resolve } = await served(t, {
    '_circuit._tcp.c.test': { services: [[0, 0, 0, '.']] },
    'c.test': { addresses: ['10.0.0.1'] },
  });
  const message = 'c.test has no circuit daemon, as its SRV record says';
  await t.throwsAsync(resolve('c.test'), { code: 'EHOSTUNREACH', message });
});

test('a name server that fails or is silent is told, and is not taken for a name without SRV records', async (t) => {
  const { resolve } = await served(t, {
    '_circuit._tcp.bad.test': 'SERVFAIL',
    'bad.test': { addresses: ['10.0.0.1'] },
    '_circuit._tcp.mute.test': 'silence',
    'mute.test': { addresses: ['10.0.0.1'] },
  });
  const failed = await t.throwsAsync(resolve('bad.test'), { code: 'EAGAIN' });
  t.regex(
    failed?.message ?? '',
    /failed \(ESERVFAIL\) for _circuit._tcp.bad.test; with a port, bad/,
  );
  const silent = await t.throwsAsync(resolve('mute.test'), { code: 'ETIMEDOUT' });
  t.regex(silent?.message ?? '', /^no name server has answered in time for _circuit/);
  t.deepEqual(await resolve('bad.test:7'), ['10.0.0.1 7']);
});

test('the names of a host without a name server are those of /etc/hosts', async (t) => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const names: NameService = {
    services: async () => {
      throw refused;
    },
    addresses: async () => ['10.0.0.1'],
  };
  const found = await new Resolver(names).resolve(new Contact('web1'));
  t.deepEqual(found, [{ host: '10.0.0.1', port: 11022 }]);
  const system = await new Resolver().resolve(new Contact('localhost'));
  t.true(system.some(({ host, port }) => host === '127.0.0.1' && port === 11022));
});

test('so many addresses are taken and no more, and others the next time', async (t) => {
  const addresses = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`);
  const { resolve } = await served(t, { 'c.test': { addresses } });
  const taken = new Set<string>();
  // One that is left out each time is a chance of less than one in a million.
  for (let i = 0; i < 20; i += 1) {
    const found = await resolve('c.test:7');
    t.is(found.length, MAX_ENDPOINTS);
    for (const each of found) taken.add(each);
  }
  t.is(taken.size, addresses.length);
});

test('a lookup that hangs ends the try in time, and no second one is begun meanwhile', async (t) => {
  let lookups = 0;
  let release = () => {};
  const names: NameService = {
    services: async () => [],
    addresses: () => {
      lookups += 1;
      return new Promise((resolve) => {
        release = () => resolve(['10.0.0.1']);
      });
    },
  };
  const resolver = new Resolver(names, 100);
  const contact = new Contact('slow.test', 7);
  const tries = [resolver.resolve(contact), resolver.resolve(contact)];
  for (const each of await Promise.allSettled(tries)) {
    t.is(each.status === 'rejected' && errorCode(each.reason), 'ETIMEDOUT');
  }
  const late = resolver.resolve(contact);
  t.is(lookups, 1);
  release();
  t.deepEqual(await late, [{ host: '10.0.0.1', port: 7 }]);
});
