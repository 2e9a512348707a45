import test from 'ava';
import { BegunKinds } from '../../../src/anchor/begun-kinds.js';
import { elementHost } from '../../../src/anchor/element-host.js';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { CircuitError } from '../../../src/base/error.js';
import { OperationsLog } from '../../../src/base/log.js';
import { Registry } from '../../../src/kinds/registry.js';
import { type Adopt, type Element, kind, type Place, value } from '../../../src/kinds/table.js';
import { newRecord, StubMembership } from '../bootstrap/stub-membership.js';

/** The ships of a port: they are at sea until they are scrubbed, or called in. */
class Ship implements Element {
  alive = true;
  readonly name: string;
  readonly #log: string[];
  remove: () => void = () => {};
  /** Its scrub waits for this, and fails as this does. */
  ice: Promise<void> | undefined;

  constructor(name: string, log: string[]) {
    this.name = name;
    this.#log = log;
  }

  placed(remove: () => void): void {
    this.remove = remove;
    this.#log.push(`${this.name} sails`);
  }

  async scrub(): Promise<void> {
    await this.ice;
    this.alive = false;
    this.#log.push(`${this.name} sinks`);
  }

  async terminate(): Promise<void> {
    this.#log.push(`${this.name} is called in`);
  }
}

class Port implements AsyncDisposable {
  readonly name: string;
  readonly adopt: Adopt<Ship>;
  readonly #log: string[];

  constructor(name: string, adopt: Adopt<Ship>, log: string[]) {
    this.name = name;
    this.adopt = adopt;
    this.#log = log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#log.push(`${this.name} closes`);
  }
}

/** A member with a kind that begins a port, where it is given one. */
function member(options: { readonly port?: string | true; readonly fails?: CircuitError } = {}) {
  const log: string[] = [];
  const ports: Port[] = [];
  const places: Place<Port>[] = [];
  const ship = kind<Ship, Port>('ship', {
    about: 'This anchor is a ship.',
    start: { flags: '--port [NAME]', help: 'let ships be made' },
    begin: async (host, option, adopt) => {
      if (options.fails) throw options.fails;
      const port = new Port(`${option} of ${host.name}`, adopt, log);
      ports.push(port);
      return port;
    },
    make: {
      file: 'mkship',
      help: 'make it a ship',
      parse: (text) => (place) => {
        places.push(place);
        if (!place.begun) throw new CircuitError('ENOTSUP', 'start the daemon with --port');
        return new Ship(text, log);
      },
    },
    files: { name: value((element) => element.name, 'its name') },
  });
  const membership = new StubMembership();
  const operations = new OperationsLog((line) => log.push(line.replace(/^\S+ - /, '').trim()));
  const registry = new Registry([ship]);
  const local = new LocalMember({ membership, log: operations, shutdown: () => {}, registry });
  local.begin(options.port === undefined ? undefined : new Map([['ship', options.port]]));
  return { local, membership, log, ports, places };
}

/** As soon as it has begun. */
async function port(ports: readonly Port[]): Promise<Port> {
  while (!ports[0]) await Promise.resolve();
  return ports[0];
}

test('a kind with an option begins only where that is given, and its makers get what it began', async (t) => {
  const without = member();
  await t.throwsAsync(without.local.make(['a'], 'mkship', 's'), { code: 'ENOTSUP' });
  t.deepEqual(without.ports, []);
  for (const given of ['Kiel', true] as const) {
    const { local, ports, places, membership } = member({ port: given });
    using _ship = await local.make(['a', 'b'], 'mkship', 's');
    t.is(ports.length, 1);
    t.is(ports[0]?.name, `${given} of ${local.name}`);
    t.is(places[0]?.begun, ports[0]);
    t.deepEqual(places[0]?.path, ['a', 'b']);
    t.like(places[0]?.host, { name: membership.self.name, reachableAt: '127.0.0.1' });
  }
});

test('a kind that cannot begin fails its makers, and nothing else', async (t) => {
  const fails = new CircuitError('ECONNREFUSED', 'there is no sea');
  const { local, log } = member({ port: true, fails });
  await t.throwsAsync(local.make(['a'], 'mkship', 's'), { is: fails });
  t.deepEqual(log, ['ship did not begin: there is no sea']);
  t.deepEqual((await local.view([])).anchors, []);
  await local.terminate(0);
});

test('an element that rmdir cannot end stays where it is', async (t) => {
  const { local, ports, log } = member({ port: true });
  const { adopt } = await port(ports);
  const ship = new Ship('Fram', log);
  ship.alive = false;
  await local.mkdir(['a']);
  await adopt(['a'], ship);
  const before = await local.stat(['a']);
  let melt = () => {};
  ship.ice = new Promise((_, reject) => {
    melt = () => reject(new CircuitError('ETIMEDOUT', 'it is stuck in the ice'));
  });
  const removing = local.rmdir(['a']);
  // Nobody can put anything in its place meanwhile.
  await t.throwsAsync(local.mkdir(['a']), { code: 'EEXIST' });
  melt();
  await t.throwsAsync(removing, { code: 'ETIMEDOUT' });
  t.deepEqual(await local.stat(['a']), before);
  t.deepEqual(log, ['Fram sails']);
  // It was made by mkdir, and stays when the ship goes.
  ship.ice = undefined;
  using files = await local.files(['a']);
  await files.command('scrub', '');
  t.is((await local.stat(['a'])).kind, undefined);
});

test('an element that comes while rmdir ends the one before it stays', async (t) => {
  const { local, ports, log } = member({ port: true });
  const { adopt } = await port(ports);
  const [first, second] = [new Ship('Erebus', log), new Ship('Terror', log)];
  first.alive = false;
  second.alive = false;
  await local.mkdir(['a']);
  await adopt(['a'], first);
  using files = await local.files(['a']);
  let melt = () => {};
  first.ice = new Promise((resolve) => (melt = resolve));
  const removing = t.throwsAsync(local.rmdir(['a']), {
    code: 'EBUSY',
    message: /another ship now/,
  });
  first.ice = undefined;
  await files.command('scrub', '');
  await adopt(['a'], second);
  melt();
  await removing;
  t.is((await local.stat(['a'])).kind, 'ship');
  await local.rmdir(['a']);
  t.deepEqual((await local.view([])).anchors, []);
});

test('an element that goes by itself and cannot yet is logged, and goes when it can', async (t) => {
  const { local, ports, log } = member({ port: true });
  const { adopt } = await port(ports);
  const ship = new Ship('Fram', log);
  await adopt(['a'], ship);
  ship.ice = Promise.reject(new CircuitError('ETIMEDOUT', 'it is stuck in the ice'));
  ship.remove();
  while (log.length < 2) await Promise.resolve();
  t.is(log[1], `/${local.name}/a is not removed yet: it is stuck in the ice`);
  t.is((await local.stat(['a'])).kind, 'ship');
  ship.ice = undefined;
  while (log.length < 4) await new Promise(setImmediate);
  t.deepEqual(log.slice(2), ['Fram sinks', `/${local.name}/a was removed`]);
  t.deepEqual((await local.view([])).anchors, []);
});

test('an element that an earlier run left is one as any other: its files, scrub and rmdir', async (t) => {
  const { local, ports, log } = member({ port: true });
  const { adopt } = await port(ports);
  let recalled = 0;
  local.delegate(async () => {
    recalled += 1;
  });
  const ship = new Ship('Argo', log);
  await adopt(['a', 'b'], ship);
  t.is(recalled, 1);
  t.is((await local.stat(['a', 'b'])).kind, 'ship');
  using files = await local.files(['a', 'b']);
  t.is(await files.value('name'), 'Argo\n');
  await t.throwsAsync(local.rmdir(['a', 'b']), { code: 'EBUSY' });
  const other = new Ship('Beagle', log);
  await t.throwsAsync(adopt(['a', 'b'], other), { code: 'EEXIST' });
  await t.throwsAsync(adopt([], other), { code: 'EPERM' });
  await t.throwsAsync(adopt(['a', '..'], other), { code: 'EINVAL' });
  t.true(other.alive);
  await files.command('scrub', '');
  t.false(ship.alive);
  t.deepEqual((await local.view([])).anchors, []);
  // It removes itself, as by "Scrub": true.
  await adopt(['c'], other);
  other.remove();
  while ((await local.view([])).anchors.length > 0) await Promise.resolve();
  t.deepEqual(log, ['Argo sails', 'Argo sinks', 'Beagle sails', 'Beagle sinks']);
});

test('what a kind has begun ends after the elements, and none is adopted then', async (t) => {
  const { local, ports, log } = member({ port: 'Kiel' });
  using _made = await local.make(['m'], 'mkship', 'made');
  const { adopt } = await port(ports);
  await adopt(['f'], new Ship('found', log));
  await local.terminate(0);
  t.deepEqual(log.slice(2), [
    'made is called in',
    'found is called in',
    `Kiel of ${local.name} closes`,
  ]);
  await t.throwsAsync(adopt(['late'], new Ship('late', log)), { code: 'EHOSTUNREACH' });
});

test('what does not come to its end is left, and the log says so', async (t) => {
  const lines: string[] = [];
  const log = new OperationsLog((line) => lines.push(line));
  const begun = new BegunKinds(elementHost(new StubMembership(), log));
  const hanging = kind<Element>('hanging', {
    about: 'hangs',
    begin: () => ({ [Symbol.asyncDispose]: () => new Promise<void>(() => {}) }),
    make: { file: 'mkhanging', help: 'hang', parse: () => () => new Ship('never', lines) },
    files: {},
  });
  begun.begin(hanging, undefined, async () => {});
  await begun.end(10);
  t.regex(lines.join(), /hanging did not end: not within 0.01 s/);
});

test('a host tells which members there are, where they are reached, and that this changes', (t) => {
  const membership = new StubMembership();
  const host = elementHost(membership, new OperationsLog(() => {}));
  const [own] = host.members.list();
  t.like(own, { name: membership.self.name, host: 'web1', address: '127.0.0.1' });
  let changes = 0;
  using _listening = host.members.onChange(() => {
    changes += 1;
  });
  const addr = `circuit://[fd00::7]:11022/8/Q${'0'.repeat(32)}`;
  const other = { ...newRecord(), host: '', addr };
  membership.come(other);
  t.is(changes, 1);
  const listed = host.members.list().find(({ name }) => name === other.name);
  t.deepEqual(listed, { name: other.name, host: undefined, address: 'fd00::7', port: 11022 });
  membership.go(other, 'failed');
  t.is(changes, 2);
  t.is(host.members.list().length, 1);
});
