import test from 'ava';
import { Address, newSecret } from '../../../src/base/address.js';
import { Contact } from '../../../src/base/contact.js';
import { Introductions } from '../../../src/bootstrap/introductions.js';
import { contactPlace } from '../../../src/bootstrap/places.js';
import { Resolver } from '../../../src/bootstrap/resolver.js';
import { Search } from '../../../src/bootstrap/search.js';
import { StubMembership } from './stub-membership.js';

/** Introductions of a daemon that listens on port 11022 of a host, with the names of an /etc/hosts. */
function introductionsAt(host: string, hosts: Readonly<Record<string, readonly string[]>>) {
  const address = new Address(host, 11022, 1, newSecret());
  const stub = new StubMembership();
  const membership = Object.assign(stub, { self: { ...stub.self, addr: address.toString() } });
  const resolver = new Resolver({
    services: async () => {
      throw Object.assign(new Error('none'), { code: 'ENODATA' });
    },
    addresses: async (name) => hosts[name] ?? [],
  });
  const asked: string[] = [];
  const introduce = async ({ host }: { readonly host: string }) => {
    asked.push(host);
    return address;
  };
  const introductions = new Introductions({ membership, introduce, resolver });
  const others = async (text: string) => {
    const contact = Contact.tryParse(text) ?? new Contact('');
    return (await introductions.others(contact)).map(({ authority }) => authority);
  };
  return { introductions, membership, others, asked };
}

const HOSTS = {
  host1: ['10.0.0.1'],
  host2: ['127.0.1.1'],
  both: ['::1', '127.0.0.1', '10.0.0.2'],
};

test('where hosts name each other, a loopback address of a name is this daemon itself', async (t) => {
  const { others, introductions } = introductionsAt('10.0.0.2', HOSTS);
  t.deepEqual(await others('host1'), ['10.0.0.1:11022']);
  t.deepEqual(await others('host2'), []);
  t.deepEqual(await others('both'), ['10.0.0.2:11022']);
  t.deepEqual(await others('host2:7'), ['127.0.1.1:7'], 'another daemon of this host');
  t.deepEqual(await others('127.0.1.1'), ['127.0.1.1:11022'], 'it was not named');
  t.deepEqual(await others('[::1]:11022'), ['[::1]:11022']);
  const byUser = await introductions.at(new Contact('host2'));
  t.deepEqual(
    byUser.map(({ authority }) => authority),
    ['127.0.1.1:11022'],
  );
});

test('a daemon whose own address is on loopback looks there for others', async (t) => {
  for (const own of ['127.0.0.1', '::1', 'localhost']) {
    const { others } = introductionsAt(own, HOSTS);
    t.deepEqual(await others('host2'), ['127.0.1.1:11022']);
  }
});

test('a contact that is only this daemon itself is looked for once, and no failure', async (t) => {
  const { introductions, membership, asked } = introductionsAt('10.0.0.2', HOSTS);
  const lines: string[] = [];
  const search = new Search({ membership, log: (line) => lines.push(line) });
  const place = contactPlace(new Contact('host2'), introductions);
  search.add(place);
  search.begin();
  t.deepEqual(await place.find(), []);
  search.end();
  t.deepEqual([lines, asked], [['looking for a daemon at host2'], []]);
});
