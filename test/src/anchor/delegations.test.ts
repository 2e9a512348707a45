import { mock } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { AnchorPath, Circuit, Member } from '../../../src/anchor/circuit.js';
import { LocalCircuit } from '../../../src/anchor/local-circuit.js';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { RemoteMember } from '../../../src/anchor/remote-member.js';
import { OperationsLog } from '../../../src/base/log.js';
import { eventually } from '../../host/cluster.js';
import { StubMembership } from '../bootstrap/stub-membership.js';
import { type Connection, served } from './served.js';

const log = new OperationsLog(() => {});

/** Counts the delegations that are held of it. */
class DelegatingMember extends LocalMember {
  readonly held = new Set<() => Promise<void>>();
  /** What is asked of an anchor `slow` is answered then. */
  gate: Promise<void> = Promise.resolve();

  override async stat(path: AnchorPath) {
    const entry = await super.stat(path);
    if (path[0] === 'slow') await this.gate;
    return entry;
  }

  override delegate(recall: () => Promise<void>): Disposable {
    const recalled = () => {
      this.held.delete(recalled);
      return recall();
    };
    this.held.add(recalled);
    const delegation = super.delegate(recalled);
    return {
      [Symbol.dispose]: () => {
        this.held.delete(recalled);
        delegation[Symbol.dispose]();
      },
    };
  }
}

/** A member alone, and its circuit. */
function host(): { local: DelegatingMember; circuit: Circuit } {
  const membership = new StubMembership();
  const local = new DelegatingMember({ membership, log, shutdown: () => {} });
  const circuit = new LocalCircuit(membership, local, () => {
    throw new Error('there is no other member');
  });
  return { local, circuit };
}

/** The member as a peer has it, over a connection of its own. */
async function peerOf(t: ExecutionContext, circuit: Circuit) {
  const connection = await served(t, circuit, log);
  return { remote: newRemote(circuit, connection), connection };
}

/** The member for a caller that wants to know what is known of its anchors. */
function newRemote({ self }: Circuit, connection: Connection) {
  const remote = new RemoteMember(self, async () => connection);
  remote.known([]);
  return remote;
}

/** As a client of the peer has it. */
async function clientOf(t: ExecutionContext, remote: Member) {
  const { name: self } = remote;
  const circuit: Circuit = {
    self,
    members: () => [],
    member: () => remote,
    watch: () => ({ [Symbol.dispose]: () => {} }),
  };
  return (await peerOf(t, circuit)).remote;
}

/** Makes an element, and leaves it there. */
const make = (file: string, text: string) => async (member: Member) => {
  using _files = await member.make(['a', 'b'], file, text);
};

/** The same as on a mount: by a command of the anchor. */
const command = (file: string, text: string) => async (member: Member) => {
  using files = await member.files(['a', 'b']);
  await files.command(file, text);
};

/** Anchors and elements come and go: each step can be made after the ones before. */
const changes: readonly (readonly [string, (member: Member) => Promise<unknown>])[] = [
  ['mkdir', (member) => member.mkdir(['a', 'b'])],
  ['mkchan', make('mkchan', '1')],
  ['scrub', command('scrub', '')],
  ['mk@join', make('mk@join', '')],
  ['scrub it', command('scrub', '')],
  ['mkproc', make('mkproc', '{"Path":"true"}')],
  ['scrub that', command('scrub', '')],
  ['mkchan by a command', command('mkchan', '1')],
  ['scrub the channel', command('scrub', '')],
  ['rmdir', (member) => member.rmdir(['a', 'b'])],
];

test('a caller that has changed something asks again, also what others have told', async (t) => {
  const { local, circuit } = host();
  const { remote } = await peerOf(t, circuit);
  const client = await clientOf(t, remote);
  await local.mkdir(['a']);
  for (const member of [remote, client]) {
    for (const [what, change] of changes) {
      for (const path of [['a'], ['a', 'b']]) {
        const told = await member.stat(path).catch(() => undefined);
        t.deepEqual(member.known(path), told);
        t.deepEqual(member.known(path), local.known(path), what);
      }
      await change(member);
      t.is(member.known(['a']), undefined, `after ${what}`);
      t.is(member.known(['a', 'b']), undefined, `after ${what}`);
    }
  }
});

test('a change is answered when all others have dropped what they were told', async (t) => {
  const { local, circuit } = host();
  const [{ remote }, { remote: other }] = [await peerOf(t, circuit), await peerOf(t, circuit)];
  const client = await clientOf(t, remote);
  await local.mkdir(['a']);
  for (const maker of [local, other]) {
    for (const [what, change] of changes) {
      await Promise.all([remote.stat(['a']), client.stat(['a'])]);
      t.deepEqual(client.known(['a']), local.known(['a']));
      await change(maker);
      t.is(remote.known(['a']), undefined, what);
      t.is(client.known(['a']), undefined, what);
    }
  }
});

// Serial tests run before the others: the clock is the test's alone.
test.serial('nobody sees a change before every delegation is returned', async (t) => {
  const { local, circuit } = host();
  const { remote } = await peerOf(t, circuit);
  await local.mkdir(['a']);
  // A recall is waited for a second, which never passes here.
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.reset());
  let give = () => {};
  const returned = new Promise<void>((resolve) => {
    give = resolve;
  });
  local.delegate(() => returned);
  const making = local.make(['a'], 'mkchan', '0');
  for (let round = 0; round < 3; round += 1) {
    t.is((await remote.stat(['a'])).kind, undefined);
    t.is(remote.known(['a']), undefined, 'what is about to change is not kept');
  }
  give();
  using _channel = await making;
  t.is((await remote.stat(['a'])).kind, 'chan');
  t.is(remote.known(['a'])?.kind, 'chan');
});

test('a listing tells of all that is in it', async (t) => {
  const { local, circuit } = host();
  const { remote } = await peerOf(t, circuit);
  for (const path of [['a'], ['a', 'b'], ['a', 'c']]) await local.mkdir(path);
  using _channel = await local.make(['a', 'c'], 'mkchan', '0');
  await remote.view(['a']);
  for (const path of [['a'], ['a', 'b'], ['a', 'c']]) {
    t.deepEqual(remote.known(path), local.known(path));
    t.not(remote.known(path), undefined);
  }
  t.is(remote.known([]), undefined);
  t.is(remote.known(['a', 'd']), undefined);
});

const path = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 2 });
const step = fc.record({
  verb: fc.constantFrom('stat', 'view', 'mkdir', 'rmdir', 'turn'),
  by: fc.constantFrom('here', 'there'),
  path,
});

test('however asking and changing interleave, what is known in the end is so', async (t) => {
  const { local, circuit } = host();
  const { remote } = await peerOf(t, circuit);
  let known = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const running: Promise<unknown>[] = [];
      for (const { verb, by, path } of steps) {
        if (verb === 'turn') await new Promise(setImmediate);
        else running.push((by === 'here' ? remote : local)[verb](path));
      }
      await Promise.allSettled(running);
      // The news of what has changed comes before the answer to what is asked afterwards.
      await remote.stat([]);
      for (const path of [['a'], ['b'], ['a', 'a'], ['a', 'b'], ['b', 'a'], ['b', 'b']]) {
        const entry = remote.known(path);
        if (entry) t.deepEqual(entry, local.known(path), path.join('/'));
        known += entry ? 1 : 0;
      }
    }),
    { numRuns: 500 },
  );
  t.true(known > 30, `${known} known`);
});

test('nothing is known of a member that is cut off, or silent', async (t) => {
  const { local, circuit } = host();
  const { connection } = await peerOf(t, circuit);
  let fallSilent = () => {};
  const watched = Object.assign(Object.create(connection), {
    main: connection.main,
    hold: () => connection.hold(),
    whenSilent: (listener: () => void) => {
      fallSilent = listener;
      return { [Symbol.dispose]: () => {} };
    },
  });
  const remote = newRemote(circuit, watched);
  await local.mkdir(['a']);
  await remote.stat(['a']);
  t.deepEqual(remote.known(['a']), local.known(['a']));
  fallSilent();
  t.is(remote.known(['a']), undefined);
  await remote.stat(['a']);
  t.deepEqual(remote.known(['a']), local.known(['a']));
  const changed = new Promise<void>((resolve) => remote.delegate(async () => resolve()));
  connection.close();
  await changed;
  t.is(remote.known(['a']), undefined);
});

test('a caller that does not want to know holds no delegation', async (t) => {
  const { local, circuit } = host();
  const remote = new RemoteMember(circuit.self, async () => connection);
  const connection = await served(t, circuit, log);
  await Promise.all([remote.stat([]), remote.view([])]);
  t.is(local.held.size, 0);
});

test('a peer holds one delegation, and none when it is cut off', async (t) => {
  const { local, circuit } = host();
  const { remote, connection } = await peerOf(t, circuit);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([remote.stat([]), remote.view([])]);
    await remote.stat([]);
    t.is(local.held.size, 1);
    await local.mkdir([String(round)]);
    t.is(local.held.size, 0);
  }
  await remote.stat([]);
  connection.close();
  await eventually(
    async () => local.held.size,
    (count) => count === 0,
  );
  t.is(remote.known([]), undefined);
});

test('a holder that does not answer a recall is waited for a second, once', async (t) => {
  const { local } = host();
  local.delegate(() => new Promise(() => {}));
  const began = performance.now();
  await local.mkdir(['a']);
  const waited = performance.now() - began;
  t.true(waited > 900, `${waited} ms`);
  t.not(await Promise.race([local.mkdir(['b']), delay(900, 'it waited')]), 'it waited');
});

test('what came over one connection does not count where another has taken its place', async (t) => {
  const { local, circuit } = host();
  const connections = [await served(t, circuit, log), await served(t, circuit, log)] as const;
  let [connection] = connections;
  const remote = new RemoteMember(circuit.self, async () => connection);
  for (const name of ['a', 'slow']) await local.mkdir([name]);
  remote.known([]);
  await remote.stat(['a']);
  t.deepEqual(remote.known(['a']), local.known(['a']));
  let open = () => {};
  local.gate = new Promise((resolve) => {
    open = resolve;
  });
  const [stat, view] = [remote.stat(['slow']), remote.view([])];
  await view;
  connection = connections[1];
  await remote.stat([]);
  t.is(remote.known(['a']), undefined);
  open();
  await stat;
  t.is(remote.known(['slow']), undefined);
  t.deepEqual(remote.known([]), local.known([]));
});

test('a member that was not listed yet, and one that is not any more', async (t) => {
  const { local, circuit } = host();
  let listed: Member | undefined;
  const { connection } = await peerOf(t, {
    self: circuit.self,
    members: () => [],
    member: () => listed,
    watch: () => ({ [Symbol.dispose]: () => {} }),
  });
  let reachable = true;
  const remote = new RemoteMember(circuit.self, async () => {
    if (reachable) return connection;
    throw new Error('it is not in the network any more');
  });
  remote.known([]);
  await t.throwsAsync(remote.stat([]), { code: 'ENOENT' });
  listed = local;
  await remote.stat([]);
  t.deepEqual(remote.known([]), local.known([]));
  // One that has answered is not asked for anew when a name is not there.
  await t.throwsAsync(remote.stat(['nothing']), { code: 'ENOENT' });
  listed = undefined;
  await remote.stat([]);
  reachable = false;
  await t.throwsAsync(remote.stat([]), { code: 'EHOSTUNREACH' });
  t.is(remote.known([]), undefined);
});
