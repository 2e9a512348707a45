import { constants } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { Opcode } from '../../../mount/wire/constants.js';
import { Message } from '../../../mount/wire/request.js';
import { EntryOut, MkdirIn, WriteIn } from '../../../mount/wire/structs.js';
import { encodeName } from '../fake-kernel.js';
import { ask, fileWith, interrupt, invalidated, open, serve } from '../served.js';
import { deferred, ToyDirectory, textFile } from '../toy.js';

const { ENOENT, ENOTCONN } = constants.errno;

test('notifications are written one at a time, and only the latest state of a name', async (t) => {
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
  // The kernel asks again for an entry that came (FUSE_EXPIRE_ONLY), and drops one that went.
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

/** A write to a file that removes another one: it waits for the kernel to be notified of that. */
async function writeThatRemoves(t: ExecutionContext) {
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
  return { kernel, unique };
}

test('a write is answered after the kernel was notified of its changes', async (t) => {
  const { kernel, unique } = await writeThatRemoves(t);
  t.is(kernel.reply(unique), undefined);
  kernel.queued[0]?.finish();
  t.is((await kernel.replyTo(unique)).error, 0);
});

test('a write that is interrupted while the kernel is notified of its changes tells that it is done', async (t) => {
  const { kernel, unique } = await writeThatRemoves(t);
  interrupt(kernel, unique);
  const reply = await kernel.replyTo(unique);
  t.deepEqual([reply.error, reply.body.readUInt32LE(0)], [0, 1]);
  kernel.queued[0]?.finish();
});

test('mkdir notifies the kernel only if its reply is lost', async (t) => {
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

test('a notification that blocks in the kernel does not prevent the end of the connection', async (t) => {
  const root = new ToyDirectory();
  const { kernel, connection } = await serve(t, root);
  root.delete('gone');
  t.is(kernel.queued.length, 1);
  const ended = connection.end();
  const reply = await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, encodeName('x')));
  t.is(reply.error, ENOTCONN, 'requests that block the notification are answered meanwhile');
  await ended;
  t.true(kernel.closed);
});

test('the kernel may remember a missing name for the negative ttl', async (t) => {
  const root = new ToyDirectory(60, 0);
  const { kernel } = await serve(t, root);
  const refused = await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, encodeName('x')));
  t.is(refused.error, ENOENT);
  root.negativeTtl = 1.5;
  const { error, body } = await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, encodeName('x')));
  const entry = EntryOut.decode(new Message(body).view);
  t.deepEqual([error, entry.nodeid, entry.entry_valid, entry.entry_valid_nsec], [0, 0, 1, 5e8]);
});
