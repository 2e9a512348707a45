import { constants } from 'node:os';
import test from 'ava';
import { Opcode } from '../../../mount/wire/constants.js';
import { Message } from '../../../mount/wire/request.js';
import { EntryOut, MkdirIn, WriteIn } from '../../../mount/wire/structs.js';
import { encodeName } from '../fake-kernel.js';
import { ask, fileWith, invalidated, open, serve } from '../served.js';
import { deferred, ToyDirectory, textFile } from '../toy.js';

const { ENOENT, ENOTCONN } = constants.errno;

test('notifications are written one at a time, the latest state of a name once', async (t) => {
  const root = new ToyDirectory();
  const { kernel } = await serve(t, root);
  for (const name of ['a', 'b', 'c']) root.set(name, textFile(''));
  root.delete('b');
  t.deepEqual(
    invalidated(kernel).map(({ name }) => name),
    ['a'],
  );
  kernel.queued[0]?.finish();
  await new Promise(setImmediate);
  kernel.queued[1]?.finish(Object.assign(new Error('not cached'), { code: 'ENOENT' }));
  await new Promise(setImmediate);
  // What came is asked for again (FUSE_EXPIRE_ONLY), what went is thrown away.
  t.deepEqual(invalidated(kernel), [
    { name: 'a', parent: 1, flags: 1 },
    { name: 'b', parent: 1, flags: 0 },
    { name: 'c', parent: 1, flags: 1 },
  ]);
});

test('no notification is written while a request about its directory waits', async (t) => {
  const root = new ToyDirectory();
  const answer = deferred<undefined>();
  root.lookup = () => answer.promise;
  const { kernel } = await serve(t, root);
  const unique = ask(kernel, Opcode.LOOKUP, 1, encodeName('slow'));
  root.delete('gone');
  t.deepEqual(invalidated(kernel), []);
  answer.resolve(undefined);
  await kernel.replyTo(unique);
  t.deepEqual(
    invalidated(kernel).map(({ name }) => name),
    ['gone'],
  );
});

test('a write is answered when the kernel has been told what it changed', async (t) => {
  const root = new ToyDirectory();
  const node = fileWith({
    write: () => {
      root.delete('element');
      return undefined;
    },
  });
  root.entries.set('scrub', node);
  const { kernel } = await serve(t, root);
  const fh = await open(kernel, 'scrub', 1);
  const write = WriteIn.encode({ fh, size: 1 });
  const unique = ask(kernel, Opcode.WRITE, 2, write, Buffer.from('\n'));
  await new Promise(setImmediate);
  t.is(kernel.reply(unique), undefined);
  kernel.queued[0]?.finish();
  t.is((await kernel.replyTo(unique)).error, 0);
});

test('mkdir tells the kernel nothing that its reply does not tell, unless the reply is lost', async (t) => {
  const root = new ToyDirectory();
  const { kernel } = await serve(t, root);
  const mkdir = (name: string) =>
    ask(kernel, Opcode.MKDIR, 1, MkdirIn.encode({ mode: 0o755 }), encodeName(name));
  await kernel.replyTo(mkdir('made'));
  t.deepEqual(invalidated(kernel), []);
  kernel.refuse = 'ENOENT';
  mkdir('lost');
  t.deepEqual(
    invalidated(kernel).map(({ name }) => name),
    ['lost'],
  );
});

test('a notification that hangs in the kernel does not keep the connection from its end', async (t) => {
  const root = new ToyDirectory();
  const { kernel, connection } = await serve(t, root);
  root.delete('gone');
  t.is(kernel.queued.length, 1);
  const ended = connection.end();
  const reply = await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, encodeName('x')));
  t.is(reply.error, ENOTCONN, 'what holds the notification up is answered meanwhile');
  await ended;
  t.true(kernel.closed);
});

test('a name that does not exist is remembered for the negative ttl only', async (t) => {
  const root = new ToyDirectory(60, 0);
  const { kernel } = await serve(t, root);
  const refused = await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, encodeName('x')));
  t.is(refused.error, ENOENT);
  root.negativeTtl = 1.5;
  const { error, body } = await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, encodeName('x')));
  const entry = EntryOut.decode(new Message(body).view);
  t.deepEqual([error, entry.nodeid, entry.entry_valid, entry.entry_valid_nsec], [0, 0, 1, 5e8]);
});
