import test, { type ExecutionContext } from 'ava';
import type { MemberEntry, WaitOptions } from '../../../src/anchor/circuit.js';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { WriterTarget } from '../../../src/anchor/process-target.js';
import { RemoteMember } from '../../../src/anchor/remote.js';
import { RosterTarget } from '../../../src/anchor/roster-target.js';
import { type MemberName, newMemberName } from '../../../src/base/address.js';
import { CircuitError } from '../../../src/base/error.js';
import { OperationsLog } from '../../../src/base/log.js';
import { MAX_WAITING } from '../../../src/kinds/chan/message.js';
import { MAX_HELD_OF_CONNECTION } from '../../../src/kinds/chan/message-memory.js';
import { MAX_CHUNK, MAX_OPEN_CALLS } from '../../../src/transport/limits.js';
import { eventually } from '../../host/cluster.js';
import { deferred } from '../../mount/toy.js';
import { StubMembership } from '../bootstrap/stub-membership.js';
import { served } from './served.js';

/** A circuit whose members a test decides upon. */
class ToyCircuit {
  readonly #membership = new StubMembership();
  readonly self = this.#membership.self.name;
  readonly listeners = new Set<(name: MemberName, gone: boolean) => void>();
  readonly #local: LocalMember;
  #members: MemberEntry[] = [{ name: this.self, joined: 1, state: 'alive' }];

  constructor(log: OperationsLog) {
    this.#local = new LocalMember({ membership: this.#membership, log, shutdown: () => {} });
  }

  members(): readonly MemberEntry[] {
    return this.#members;
  }

  member(): LocalMember {
    return this.#local;
  }

  watch(listener: (name: MemberName, gone: boolean) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => this.listeners.delete(listener) };
  }

  add(): MemberName {
    const name = newMemberName();
    this.#members = [...this.#members, { name, joined: 1, state: 'alive' }];
    for (const listener of this.listeners) listener(name, false);
    return name;
  }
}

/** Counts those who wait for it to grow. */
class WatchedLog extends OperationsLog {
  waiting = 0;

  override async whenBeyond(offset: number, signal?: AbortSignal): Promise<void> {
    this.waiting += 1;
    try {
      await super.whenBeyond(offset, signal);
    } finally {
      this.waiting -= 1;
    }
  }
}

const log = () => new WatchedLog(() => {});

/** What a peer may call of a circuit, over a real connection. */
async function peer(t: ExecutionContext) {
  const operations = log();
  const circuit = new ToyCircuit(operations);
  const connection = await served(t, circuit, operations);
  return { circuit, operations, connection };
}

test('the roster is told at once, then when it has changed, however often that was', async (t) => {
  const circuit = new ToyCircuit(log());
  using roster = new RosterTarget(circuit);
  const names = async () => (await roster.next()).map(({ name }) => name);
  t.deepEqual(await names(), [circuit.self]);
  const next = names();
  const first = circuit.add();
  t.deepEqual(await next, [circuit.self, first]);
  const more = [circuit.add(), circuit.add()];
  t.deepEqual(await names(), [circuit.self, first, ...more]);
  const waiting = names();
  await t.throwsAsync(roster.next(), { code: 'EBUSY' });
  roster[Symbol.dispose]();
  await t.throwsAsync(waiting, { code: 'EINTR' });
  t.is(circuit.listeners.size, 0);
});

test('a peer follows the roster once, and no more when it has let it go or is cut off', async (t) => {
  const { circuit, connection } = await peer(t);
  const first = connection.main.followRoster();
  t.is((await first.next()).length, 1);
  const superseded = t.throwsAsync(async () => await first.next(), { code: 'EINTR' });
  const second = connection.main.followRoster();
  t.is((await second.next()).length, 1);
  await superseded;
  t.is(circuit.listeners.size, 1);
  second[Symbol.dispose]();
  await eventually(
    async () => circuit.listeners.size,
    (count) => count === 0,
  );
  const third = connection.main.followRoster();
  t.is((await third.next()).length, 1);
  const lost = t.throwsAsync(async () => await third.next(), { code: 'EHOSTUNREACH' });
  connection.close();
  await lost;
  await eventually(
    async () => circuit.listeners.size,
    (count) => count === 0,
  );
});

test('who gives up waiting for a log, or is cut off, does not wait there any more', async (t) => {
  const { circuit, operations, connection } = await peer(t);
  const member = new RemoteMember(circuit.self, async () => connection);
  const grown = member.whenLogged(0);
  operations.event('something');
  await grown;
  await t.throwsAsync(member.whenLogged(-1), { code: 'EINVAL' });
  const giveUp = new AbortController();
  const interrupted = t.throwsAsync(member.whenLogged(operations.end, giveUp.signal), {
    code: 'EINTR',
  });
  const waiters = (count: number) =>
    eventually(
      async () => operations.waiting,
      (waiting) => waiting === count,
    );
  await waiters(1);
  giveUp.abort();
  await interrupted;
  await waiters(0);
  const lost = t.throwsAsync(member.whenLogged(operations.end), { code: 'EHOSTUNREACH' });
  await waiters(1);
  connection.close();
  await lost;
  await waiters(0);
});

test('an element is opened over a connection that stands, or who waits for one can be interrupted', async (t) => {
  const { circuit, connection } = await peer(t);
  const caller = {
    get signal(): never {
      throw new Error('there is nothing to wait for');
    },
  };
  const standing = new RemoteMember(circuit.self, () => connection);
  using _channel = await standing.channel(['c'], caller);
  using _process = await standing.process(['p'], caller);
  const dialling = new RemoteMember(circuit.self, () => new Promise(() => {}));
  for (const kind of ['channel', 'process'] as const) {
    const giveUp = new AbortController();
    const opening = dialling[kind](['x'], giveUp);
    giveUp.abort();
    await t.throwsAsync(opening, { code: 'EINTR' });
  }
  const gone = new RemoteMember(circuit.self, () => {
    throw new Error('it has left');
  });
  await t.throwsAsync(gone.channel(['c']), { code: 'EHOSTUNREACH', message: /it has left/ });
});

test('names that are not there leave nothing at the peer, however many are asked for', async (t) => {
  const { circuit, connection } = await peer(t);
  const member = new RemoteMember(circuit.self, async () => connection);
  // More than the calls that may be open at once: the peer would cut the connection.
  for (let asked = 0; asked <= 1.1 * MAX_OPEN_CALLS; asked += 1) {
    await t.throwsAsync(member.stat(['nothing']), { code: 'ENOENT' });
  }
  t.true(connection.isOpen);
});

test('a process that cannot be reached any more does no harm to who lets go of its input', async (t) => {
  const gone = async () => {
    throw new CircuitError('EHOSTUNREACH', 'gone');
  };
  const writer = { write: gone, ready: gone, whenReady: gone, close: gone };
  // An unhandled rejection would end the daemon, and fails this test.
  new WriterTarget(writer)[Symbol.dispose]();
  await new Promise((resolve) => setImmediate(resolve));
  t.pass();
});

test('a size that is none is EINVAL, and does the process no harm', async (t) => {
  const { circuit, connection } = await peer(t);
  using member = connection.main.member(circuit.self);
  await member.mkdir(['p']);
  await member.mkdir(['c']);
  await member.makeChannel(['c'], 1);
  using process = await member.makeProcess(['p'], '{"Path":"cat"}');
  using output = process.output('stdout');
  using channel = member.channel(['c']);
  using incoming = channel.receive();
  const none: readonly unknown[] = [0, -1, 0.5, Number.NaN, undefined, '1', 2 ** 60];
  const size = { message: /a size is a whole number from 1/ };
  const count = { message: /a count is a whole number/ };
  for (const value of none as number[]) {
    await t.throwsAsync(() => output.read(value, false, 0), size);
    await t.throwsAsync(() => incoming.read(value, false), size);
    await t.throwsAsync(() => member.readLog(0, value), size);
    if (value !== 0) await t.throwsAsync(() => output.read(1, false, value), count);
  }
  using input = process.stdin(false);
  await input.write(Buffer.from('alive'), false);
  t.is(Buffer.from(await output.read(100, false, 0)).toString(), 'alive');
  await member.scrub(['p']);
});

test('a read without waiting that is interrupted loses nothing', async (t) => {
  const { circuit, connection } = await peer(t);
  const local = circuit.member();
  const member = new RemoteMember(circuit.self, async () => connection);
  for (const name of ['p', 'c']) await member.mkdir([name]);
  const interrupted = async (read: (options: WaitOptions) => Promise<Uint8Array>) => {
    const giveUp = new AbortController();
    const reading = read({ nonblock: true, signal: giveUp.signal });
    giveUp.abort();
    await t.throwsAsync(reading, { code: 'EINTR' });
  };
  const text = (data: Uint8Array) => Buffer.from(data).toString();

  using process = await member.makeProcess(['p'], '{"Path":"echo","Args":["one"]}');
  await process.wait();
  const output = process.output('stdout');
  await interrupted((options) => output.read(2, options));
  t.is(text(await output.read(10)), 'one\n');
  output.close();

  await member.makeChannel(['c'], 1);
  using channel = await member.channel(['c']);
  await (await local.channel(['c'])).send().write(Buffer.from('two'), { last: true });
  const message = channel.receive();
  await interrupted((options) => message.read(1, options));
  t.is(text(await message.read(10)), 'two');
  message.close();
});

test('a peer’s send waits while its messages hold all that they may, and loses nothing', async (t) => {
  const operations = log();
  const circuit = new ToyCircuit(operations);
  const share = circuit.member().messages.ofConnection();
  const connection = await served(t, circuit, operations, share);
  const member = new RemoteMember(circuit.self, async () => connection);
  await member.makeChannel(['c'], 10);
  using channel = await member.channel(['c']);
  share.hold(MAX_HELD_OF_CONNECTION);
  const data = Buffer.alloc(3 * MAX_CHUNK, 'circuit');
  let accepted = false;
  const sending = channel
    .send()
    .write(data, { last: true })
    .finally(() => {
      accepted = true;
    });
  await t.throwsAsync(channel.send().write(data, { nonblock: true }), {
    code: 'EAGAIN',
    message: /came over this connection hold 64 MiB/,
  });
  t.false(await channel.ready('send'));
  const ready = channel.whenReady('send');
  // Later calls on the same connection are answered.
  t.is((await channel.peek()).NumSend, 0);
  t.false(accepted);
  share.free(MAX_HELD_OF_CONNECTION);
  await ready;
  const message = channel.receive();
  const chunks: Uint8Array[] = [];
  do {
    chunks.push(await message.read(MAX_CHUNK));
    await message.delivered();
  } while (!message.complete);
  message.close();
  t.is(await sending, data.length);
  t.true(Buffer.concat(chunks).equals(data));
});

test('what an interrupted write has taken arrives, though there is no memory for it yet', async (t) => {
  const operations = log();
  const circuit = new ToyCircuit(operations);
  const share = circuit.member().messages.ofConnection();
  const connection = await served(t, circuit, operations, share);
  const member = new RemoteMember(circuit.self, async () => connection);
  await member.makeChannel(['c'], 1);
  using channel = await member.channel(['c']);
  for (const last of [false, true]) {
    const message = channel.send();
    await message.write(Buffer.from('first '));
    const held = MAX_HELD_OF_CONNECTION;
    share.hold(held);
    const giveUp = new AbortController();
    const buffer = Buffer.from('second');
    const writing = message.write(buffer, { signal: giveUp.signal, last });
    // It has been sent by then, and is not answered yet.
    await new Promise((resolve) => setImmediate(resolve));
    giveUp.abort();
    t.is(await writing, buffer.length);
    buffer.fill('x');
    if (!last) message.end();
    // It has been refused by now, since this is answered after it.
    t.is((await channel.peek()).NumSend, last ? 2 : 1);
    share.free(held);
    const incoming = channel.receive();
    let text = '';
    while (!incoming.complete) {
      text += Buffer.from(await incoming.read(100)).toString();
      await incoming.delivered();
    }
    incoming.close();
    t.is(text, 'first second');
  }
});

test('what a non-blocking write adds comes after what is still on its way', async (t) => {
  const operations = log();
  const circuit = new ToyCircuit(operations);
  const share = circuit.member().messages.ofConnection();
  const connection = await served(t, circuit, operations, share);
  const member = new RemoteMember(circuit.self, async () => connection);
  await member.makeChannel(['c'], 1);
  using channel = await member.channel(['c']);
  const message = channel.send();
  await message.write(Buffer.alloc(MAX_WAITING, 'a'), { nonblock: true });
  const giveUp = new AbortController();
  const write = { signal: giveUp.signal, nonblock: true };
  const writing = message.write(Buffer.from('b'), write);
  // It has been sent by then, and is refused, since 64 KiB wait already.
  await new Promise((resolve) => setImmediate(resolve));
  giveUp.abort();
  t.is(await writing, 1);
  await channel.peek();
  const next = Buffer.from('c');
  await t.throwsAsync(message.write(next, { nonblock: true }), {
    code: 'EAGAIN',
    message: /what was written before is on its way/,
  });
  t.false(await message.ready());
  const ready = message.whenReady();
  const incoming = channel.receive();
  let text = '';
  const read = async () => {
    text += Buffer.from(await incoming.read(MAX_CHUNK)).toString();
    await incoming.delivered();
  };
  await read();
  await read();
  await ready;
  t.true(await message.ready());
  t.is(await message.write(next, { nonblock: true, last: true }), 1);
  while (!incoming.complete) await read();
  t.is(text.replace(/a+/, 'a'), 'abc');
});

test('an interrupted write that is larger than there is memory for arrives in pieces', async (t) => {
  const operations = log();
  const circuit = new ToyCircuit(operations);
  const share = circuit.member().messages.ofConnection();
  const connection = await served(t, circuit, operations, share);
  const member = new RemoteMember(circuit.self, async () => connection);
  await member.makeChannel(['c'], 1);
  using channel = await member.channel(['c']);
  const message = channel.send();
  await message.write(Buffer.from('first '));
  share.hold(MAX_HELD_OF_CONNECTION);
  const giveUp = new AbortController();
  const writing = message.write(Buffer.alloc(MAX_CHUNK, 's'), { signal: giveUp.signal });
  await new Promise((resolve) => setImmediate(resolve));
  giveUp.abort();
  t.is(await writing, MAX_CHUNK);
  message.end();
  const incoming = channel.receive();
  let length = 0;
  while (!incoming.complete) {
    length += (await incoming.read(MAX_CHUNK)).length;
    await incoming.delivered();
  }
  t.is(length, 'first '.length + MAX_CHUNK);
});

test('a peer that waits for one thing many times brings about no warning', async (t) => {
  const { circuit, connection } = await peer(t);
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  using member = connection.main.member(circuit.self);
  await member.makeChannel(['c'], 0);
  using channel = member.channel(['c']);
  const waiting = Array.from({ length: 50 }, () => channel.whenReady('recv'));
  await member.scrub(['c']);
  await Promise.all(waiting);
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(warnings, []);
});

test('a piece of a message that is larger than a call carries is EINVAL', async (t) => {
  const { circuit, connection } = await peer(t);
  using member = connection.main.member(circuit.self);
  await member.makeChannel(['c'], 1);
  using channel = member.channel(['c']);
  using message = channel.send();
  await t.throwsAsync(() => message.accept(new Uint8Array(MAX_CHUNK + 1), false, true), {
    message: /at most 1048576 bytes/,
  });
});

test('while the daemon ends no process is made', async (t) => {
  const { circuit } = await peer(t);
  const member = circuit.member();
  await member.terminate(0);
  await t.throwsAsync(member.makeProcess(['p'], '{"Path":"true"}'), { code: 'EHOSTUNREACH' });
  t.deepEqual((await member.view([])).anchors, []);
});

test('a process whose attendant goes while it starts is hung up', async (t) => {
  const { circuit, connection } = await peer(t);
  const local = circuit.member();
  const started = deferred<void>();
  const start = local.attendProcess.bind(local);
  local.attendProcess = async (...args) => {
    const process = await start(...args);
    await started.promise;
    return process;
  };
  using member = connection.main.member(circuit.self);
  const starting = t.throwsAsync(async () => await member.attendProcess(['p'], '{"Path":"cat"}'));
  await eventually(
    async () => local.known(['p'])?.kind,
    (kind) => kind === 'proc',
  );
  connection.close();
  await starting;
  started.resolve();
  await eventually(
    async () => local.known(['p']),
    (anchor) => anchor === undefined,
  );
  t.pass();
});
