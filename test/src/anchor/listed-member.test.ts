import { hostname } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import type { Member } from '../../../src/anchor/circuit.js';
import { LocalCircuit } from '../../../src/anchor/local-circuit.js';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { type Connect, RemoteMember } from '../../../src/anchor/remote-member.js';
import { CircuitError } from '../../../src/base/error.js';
import { OperationsLog } from '../../../src/base/log.js';
import { newRecord, StubMembership } from '../bootstrap/stub-membership.js';
import { served } from './served.js';

const log = new OperationsLog(() => {});

const refused: Connect = () => Promise.reject(new CircuitError('ECONNREFUSED', 'nobody there'));
const silent: Connect = () => new Promise(() => {});

/** A circuit of two, seen by one of them, which reaches the other as `reach` says. */
async function viewed(t: ExecutionContext) {
  const membership = new StubMembership();
  const theirs = new StubMembership();
  membership.come(theirs.self);
  theirs.come(membership.self);
  const away = (name: string): never => {
    throw new Error(`nobody asks for ${name}`);
  };
  const local = new LocalMember({ membership, log, shutdown: () => {} });
  const far = new LocalMember({ membership: theirs, log, shutdown: () => {} });
  const connection = await served(t, new LocalCircuit(theirs, far, away), log);
  const reach: { how: Connect } = { how: async () => connection };
  const circuit = new LocalCircuit(
    membership,
    local,
    (name, known) => new RemoteMember(name, () => reach.how(), known),
  );
  const member = circuit.member(theirs.self.name);
  if (!member) throw new Error('it is listed');
  return { membership, theirs, circuit, local, member, reach };
}

/** What a file of the member itself tells, as JSON. */
async function told(member: Member, file: string, signal?: AbortSignal): Promise<object> {
  using files = await member.files([], { signal });
  return JSON.parse(await files.value(file, signal));
}

/** What can be known of a member without asking it. */
function known({ name, addr, joined }: StubMembership['self'], State: string, since: number) {
  const [Joined, Since] = [new Date(joined).toISOString(), new Date(since).toISOString()];
  return { Name: name, Addr: addr, Joined, State, Since };
}

test('the state in peek is the viewer’s knowledge, not what the member says of itself', async (t) => {
  const { membership, theirs, member, local } = await viewed(t);
  const own = { Host: hostname(), Pid: process.pid };
  t.like(await told(member, 'peek'), { ...known(theirs.self, 'alive', 0), ...own });
  membership.suspect(theirs.self, 5_000);
  t.like(await told(member, 'peek'), { ...known(theirs.self, 'suspect', 5_000), ...own });
  t.like(await told(local, 'peek'), { ...known(membership.self, 'alive', 0), ...own });
});

test('peek of a member that cannot be reached tells what is known, and peers fails', async (t) => {
  const { membership, theirs, member, reach } = await viewed(t);
  reach.how = refused;
  t.deepEqual(await told(member, 'peek'), known(theirs.self, 'alive', 0));
  await t.throwsAsync(told(member, 'peers'), { code: 'EHOSTUNREACH' });
  membership.suspect(theirs.self, 5_000);
  t.deepEqual(await told(member, 'peek'), known(theirs.self, 'suspect', 5_000));
});

test('a member that is suspected, and silent, holds up a peek for a second at most', async (t) => {
  const { membership, theirs, member, reach } = await viewed(t);
  membership.suspect(theirs.self, 5_000);
  reach.how = silent;
  const started = performance.now();
  t.deepEqual(await told(member, 'peek'), known(theirs.self, 'suspect', 5_000));
  t.true(performance.now() - started < 3_000);
  await t.throwsAsync(told(member, 'peek', AbortSignal.abort()), { code: 'EINTR' });
});

test('one that looks through a daemon sees what that one knows', async (t) => {
  const { membership, theirs, circuit, reach } = await viewed(t);
  const connection = await served(t, circuit, log);
  const seen = new RemoteMember(theirs.self.name, async () => connection);
  t.like(await told(seen, 'peek'), { ...known(theirs.self, 'alive', 0), Pid: process.pid });
  reach.how = refused;
  membership.suspect(theirs.self, 5_000);
  t.deepEqual(await told(seen, 'peek'), known(theirs.self, 'suspect', 5_000));
  const { members } = await connection.main.roster();
  t.deepEqual(members.find(({ name }) => name === theirs.self.name)?.state, 'suspect');
  membership.go(theirs.self, 'failed');
  await t.throwsAsync(told(seen, 'peek'), { code: 'ENOENT' });
  // Without the daemon nothing is known of how the members are.
  connection.close();
  await connection.closed;
  await t.throwsAsync(told(seen, 'peek'), { code: 'EHOSTUNREACH' });
});

test('a member that has gone has no peek, also where it answers still', async (t) => {
  const { membership, theirs, circuit, member } = await viewed(t);
  membership.go(theirs.self, 'failed');
  t.is(circuit.member(theirs.self.name), undefined);
  await t.throwsAsync(told(member, 'peek'), { code: 'ENOENT' });
});

test('a listing tells which members are suspected, their hosts and versions, and no address', async (t) => {
  const { membership, theirs, circuit } = await viewed(t);
  membership.suspect(theirs.self, 5_000);
  const entry = circuit.members().find(({ name }) => name === theirs.self.name);
  const { name, host, version } = theirs.self;
  const [state, addressHost] = ['suspect', '127.0.0.1'];
  t.deepEqual(entry, { name, joined: 0, state, host, addressHost, version });
});

test('peers are the member’s own views, sorted by name, whoever asks', async (t) => {
  const { membership, theirs, member, local } = await viewed(t);
  theirs.active = [newRecord(), newRecord(), newRecord()];
  theirs.passive = [membership.self];
  const Active = theirs.active.map(({ name }) => name).sort();
  t.deepEqual(await told(member, 'peers'), { Active, Passive: [membership.self.name] });
  t.deepEqual(await told(local, 'peers'), { Active: [], Passive: [] });
});
