import test from 'ava';
import { RemoteMember } from '../../../src/anchor/remote-member.js';
import { Registry } from '../../../src/kinds/registry.js';
import { MAX_OPEN_CALLS } from '../../../src/transport/limits.js';
import { peer } from './toy-circuit.js';

test('files are opened at once over a connection that stands; a caller that waits for one can be interrupted', async (t) => {
  const { circuit, connection } = await peer(t);
  const caller = {
    get signal(): never {
      throw new Error('there is nothing to wait for');
    },
  };
  const standing = new RemoteMember(circuit.self, () => connection);
  using _files = await standing.files(['c'], caller);
  const dialling = new RemoteMember(circuit.self, () => new Promise(() => {}));
  const giveUp = new AbortController();
  const opening = dialling.files(['x'], giveUp);
  giveUp.abort();
  await t.throwsAsync(opening, { code: 'EINTR' });
  const gone = new RemoteMember(circuit.self, () => {
    throw new Error('it has left');
  });
  await t.throwsAsync(gone.files(['c']), { code: 'EHOSTUNREACH', message: /it has left/ });
});

test('names that are not there leave nothing at the peer, however many are asked for', async (t) => {
  const { connection, member } = await peer(t);
  // More than the calls that may be open at once: the peer would cut the connection.
  for (let asked = 0; asked <= 1.1 * MAX_OPEN_CALLS; asked += 1) {
    await t.throwsAsync(member.stat(['nothing']), { code: 'ENOENT' });
  }
  t.true(connection.isOpen);
});

test('a file of another kind, or none, is ENOENT, and names those that there are', async (t) => {
  const { circuit, member } = await peer(t);
  using files = await member.make(['c'], 'mkchan', '1');
  const channel = `/${circuit.self}/c is a channel, which`;
  await t.throwsAsync(files.source('stdout').read(1), {
    code: 'ENOENT',
    message: `${channel} has no source "stdout", only recv, tryrecv`,
  });
  await t.throwsAsync(files.sink('recv').accept(Buffer.from('x')), {
    code: 'ENOENT',
    message: `${channel} has no sink "recv", only send, trysend`,
  });
  await t.throwsAsync(files.value('constructor'), { code: 'ENOENT', message: /has no value/ });
  await t.throwsAsync(files.command('signal', 'KILL'), { code: 'ENOENT', message: /no command/ });
  await t.throwsAsync(files.log('log').extent(), {
    code: 'ENOENT',
    message: `${channel} has no log "log", only send, recv, trysend, tryrecv, close, cap, peek, kind, scrub`,
  });
  await t.throwsAsync(member.make(['d'], 'scrub', ''), {
    code: 'ENOENT',
    message: /^no file "scrub" makes an element, only mkchan, mkproc, mk/,
  });
  await t.throwsAsync(
    member.files(['nothing']).then((none) => none.value('peek')),
    {
      code: 'ENOENT',
      message: `there is no anchor /${circuit.self}/nothing`,
    },
  );
});

test('an element has the same files, whichever way it was made', async (t) => {
  const { member } = await peer(t);
  await member.mkdir(['c']);
  using anchor = await member.files(['c']);
  await anchor.command('mkchan', '3');
  using made = await member.make(['d'], 'mkchan', '3');
  using found = await member.files(['c']);
  for (const name of ['kind', 'cap', 'peek']) t.is(await found.value(name), await made.value(name));
  await found.command('scrub', '');
  t.is((await member.stat(['c'])).kind, undefined);
});

test('a caller that is interrupted while it asks for an unknown kind interrupts no other', async (t) => {
  const { circuit, connection } = await peer(t);
  const member = new RemoteMember(circuit.self, () => connection, undefined, new Registry([]));
  const giveUp = new AbortController();
  const first = t.throwsAsync(async () => await member.describe('chan', giveUp.signal), {
    code: 'EINTR',
  });
  const second = member.describe('chan');
  giveUp.abort();
  await first;
  t.is((await second).name, 'chan');
});
