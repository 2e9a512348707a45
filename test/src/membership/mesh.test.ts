import test from 'ava';
import { Address, newMemberName, newSecret } from '../../../src/address.js';
import { CircuitError } from '../../../src/error.js';
import type { Link, Links, Membership } from '../../../src/membership/membership.js';
import { Mesh } from '../../../src/membership/mesh.js';

/** Members in one process; links are calls, which can be cut. */
class Network {
  readonly #members = new Map<string, Membership>();
  readonly #links = new Set<{ ends: string[]; cut: () => void }>();
  readonly #unreachable = new Set<string>();
  #port = 0;

  member(): Membership {
    this.#port += 1;
    const addr = new Address('host', this.#port, 1, newSecret()).toString();
    const record = {
      name: newMemberName(),
      addr,
      joined: 0,
      incarnation: 0,
      state: 'alive',
    } as const;
    const member = new Mesh(record, this.#linksOf(addr));
    this.#members.set(addr, member);
    return member;
  }

  /** The member ends without a word. */
  crash(member: Membership): void {
    this.#members.delete(member.self.addr);
    this.#drop((ends) => ends.includes(member.self.addr));
  }

  /** It answers again, as if it had only been slow. */
  revive(member: Membership): void {
    this.#members.set(member.self.addr, member);
  }

  /** Two members cannot reach each other any more; all others can reach both. */
  cut(a: Membership, b: Membership): void {
    const pair = [a.self.addr, b.self.addr].sort();
    this.#unreachable.add(pair.join());
    this.#drop((ends) => ends.join() === pair.join());
  }

  #drop(chosen: (ends: string[]) => boolean): void {
    for (const link of this.#links) if (chosen(link.ends)) link.cut();
  }

  #linksOf(from: string): Links {
    return {
      connect: async (address) => {
        const ends = [from, address.toString()].sort();
        const target = this.#members.get(address.toString());
        if (!target || this.#unreachable.has(ends.join())) {
          throw new CircuitError('ECONNREFUSED', 'nobody listens');
        }
        return this.#link(ends, target);
      },
    };
  }

  #link(ends: string[], target: Membership): Link {
    let cut = () => {};
    let isCut = false;
    const closed = new Promise<void>((resolve) => {
      cut = () => {
        isCut = true;
        resolve();
      };
    });
    this.#links.add({ ends, cut });
    return {
      closed,
      hold: () => ({ [Symbol.dispose]: () => {} }),
      send: async (message) => {
        if (isCut) throw new CircuitError('EHOSTUNREACH', 'cut');
        return structuredClone(await target.deliver(structuredClone(message)));
      },
    };
  }
}

function address(member: Membership): Address {
  return Address.parse(member.self.addr);
}

function names(member: Membership): string[] {
  return member.members().map(({ name }) => name);
}

/** Resolves when `member` lists `count` members. */
function lists(member: Membership, count: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (member.members().length !== count) return;
      watch[Symbol.dispose]();
      resolve();
    };
    const watch = member.watch(look);
    look();
  });
}

test('when a join returns, all members of both networks know all of both', async (t) => {
  const network = new Network();
  const members = Array.from({ length: 6 }, () => network.member());
  const [a, b, c, d, e, f] = members as [
    Membership,
    Membership,
    Membership,
    Membership,
    Membership,
    Membership,
  ];
  await a.join(address(b));
  await b.join(address(c));
  await d.join(address(e));
  await f.join(address(d));
  await c.join(address(f));
  for (const member of members) t.deepEqual(names(member), names(a));
  t.is(names(a).length, 6);
});

test('joins of many at the same moment end in one network', async (t) => {
  const network = new Network();
  const members = Array.from({ length: 12 }, () => network.member());
  await Promise.all(
    members.map((member, i) => member.join(address(members[(i + 1) % 12] ?? member))),
  );
  await Promise.all(members.map((member) => lists(member, 12)));
  for (const member of members) t.is(names(member).length, 12);
});

test('joining oneself or a present member changes nothing and tells nobody', async (t) => {
  const network = new Network();
  const [a, b] = [network.member(), network.member()];
  await a.join(address(b));
  let changes = 0;
  a.watch(() => {
    changes += 1;
  });
  await a.join(address(a));
  await a.join(address(b));
  await b.join(address(a));
  t.is(changes, 0);
  t.is(names(a).length, 2);
});

test('a member that crashes leaves every roster, and everyone is told once', async (t) => {
  const network = new Network();
  const [a, b, c] = [network.member(), network.member(), network.member()];
  await a.join(address(b));
  await a.join(address(c));
  const told: string[] = [];
  a.watch(({ kind, member, state }) => told.push(`${kind} ${member.name} ${state}`));
  network.crash(c);
  await Promise.all([lists(a, 2), lists(b, 2)]);
  t.deepEqual(told, [`leave ${c.self.name} failed`]);
});

test('a member that one other cannot reach stays in the network', async (t) => {
  const network = new Network();
  const [a, b, c] = [network.member(), network.member(), network.member()];
  await a.join(address(b));
  await a.join(address(c));
  const refuted = new Promise<void>((resolve) => {
    a.watch(({ kind, member }) => {
      if (kind === 'join' && member.incarnation > 0) resolve();
    });
  });
  network.cut(a, c);
  await refuted;
  t.is(names(b).length, 3);
  t.is(names(a).length, 3);
});

test('a member that was held for failed comes back by itself when it reaches another', async (t) => {
  const network = new Network();
  const [a, b, c] = [network.member(), network.member(), network.member()];
  await a.join(address(b));
  await a.join(address(c));
  // As after a pause: the others have given c up, and c knows nothing of it.
  const failed = { ...c.self, state: 'failed' };
  network.crash(c);
  await Promise.all([lists(a, 2), lists(b, 2)]);
  network.revive(c);
  await c.join(address(a));
  t.true(c.self.incarnation > failed.incarnation);
  for (const member of [a, b, c]) t.is(names(member).length, 3);
});

test('a member that comes back under its name at a new address leaves and joins anew', async (t) => {
  const network = new Network();
  const [a, b] = [network.member(), network.member()];
  await a.join(address(b));
  const told: string[] = [];
  a.watch(({ kind, member }) => told.push(`${kind} ${member.addr}`));
  const before = b.self.addr;
  const after = new Address('elsewhere', 1, 1, newSecret()).toString();
  await a.deliver({ type: 'exchange', records: [{ ...b.self, addr: after, incarnation: 1 }] });
  t.deepEqual(told, [`leave ${before}`, `join ${after}`]);
});

test('leave: the others forget the member, late news does not bring it back, a join does', async (t) => {
  const network = new Network();
  const [a, b, c] = [network.member(), network.member(), network.member()];
  await a.join(address(b));
  await a.join(address(c));
  const stale = { ...b.self };
  await b.leave();
  t.deepEqual(names(b), [b.self.name]);
  t.is(names(a).length, 2);
  await c.deliver({ type: 'news', from: a.self.name, records: [stale] });
  t.is(names(c).length, 2);
  // What a member that was left says is not heard.
  await b.deliver({ type: 'news', from: a.self.name, records: [{ ...c.self }] });
  t.is(names(b).length, 1);
  await b.join(address(c));
  for (const member of [a, b, c]) t.is(names(member).length, 3);
});

test('a message that is none of the protocol is EINVAL, and changes nothing', async (t) => {
  const network = new Network();
  const a = network.member();
  const record = {
    name: newMemberName(),
    addr: a.self.addr,
    joined: 0,
    incarnation: 0,
    state: 'alive',
  };
  const bad = [
    undefined,
    null,
    7,
    'news',
    {},
    { type: 'exchange', records: 'x' },
    { type: 'exchange', records: [null] },
    { type: 'exchange', records: [{ ...record, name: '../x' }] },
    { type: 'exchange', records: [{ ...record, addr: 'http://x' }] },
    { type: 'exchange', records: [{ ...record, joined: 'x' }] },
    { type: 'exchange', records: [{ ...record, incarnation: -1 }] },
    { type: 'exchange', records: [{ ...record, incarnation: 0.5 }] },
    { type: 'exchange', records: [{ ...record, incarnation: Number.MAX_SAFE_INTEGER }] },
    { type: 'exchange', records: Array.from({ length: 10_001 }, () => record) },
    { type: 'exchange', records: [{ ...record, state: 'dead' }] },
  ];
  for (const message of bad) await t.throwsAsync(a.deliver(message), { code: 'EINVAL' });
  t.is(names(a).length, 1);
});
