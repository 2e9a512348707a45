import { constants } from 'node:os';
import test from 'ava';
import fc from 'fast-check';
import { NotifyCode, Opcode } from '../../mount/wire/constants.js';
import { Message } from '../../mount/wire/request.js';
import { OutHeader, PollIn, PollOut, ReleaseIn } from '../../mount/wire/structs.js';
import { encodeInit, encodeName, encodeRequest, type Reply } from './fake-kernel.js';
import { ask, connect, fileWith, open, serve } from './served.js';
import { ToyDirectory } from './toy.js';

const { EIO, ENOSYS, EPERM, EPROTO, ESTALE } = constants.errno;

test('a kernel older than 5.4 is refused with one sentence', async (t) => {
  const { kernel, connection } = connect(t, new ToyDirectory());
  kernel.send(encodeInit(28));
  const error = await t.throwsAsync(connection.initialized, { code: 'EPROTO' });
  t.regex(error?.message ?? '', /version 7\.28 .* 7\.31 is needed/);
  t.is(kernel.replies[0]?.error, EPROTO);
});

test('random and malformed requests do not end the connection', async (t) => {
  const { kernel } = await serve(t, new ToyDirectory());
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.uint8Array({ maxLength: 120 }),
        fc.boolean(),
        (opcode, body, honest) => {
          kernel.send(encodeRequest(opcode, [body], { unique: 9, ...(honest ? {} : { len: 7 }) }));
          kernel.send(Buffer.from(body));
        },
      ),
      { numRuns: 1000 },
    ),
  );
  const reply = await kernel.replyTo(ask(kernel, Opcode.STATFS, 1));
  t.is(reply.error, 0);
  t.false(kernel.closed);
});

test('a malformed request is answered EIO, an unknown one ENOSYS, a refused one EPERM', async (t) => {
  const { kernel, errors } = await serve(t, new ToyDirectory());
  const error = (reply: Reply) => reply.error;
  t.is(error(await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, Buffer.from('no end')))), EIO);
  t.is(errors.length, 1);
  t.is(error(await kernel.replyTo(ask(kernel, 4711, 1))), ENOSYS);
  t.is(error(await kernel.replyTo(ask(kernel, Opcode.OPENDIR, 1))), ENOSYS);
  for (const opcode of [Opcode.MKNOD, Opcode.UNLINK, Opcode.RENAME2, Opcode.SYMLINK]) {
    t.is(error(await kernel.replyTo(ask(kernel, opcode, 1))), EPERM);
  }
  t.is(error(await kernel.replyTo(ask(kernel, Opcode.GETATTR, 99, Buffer.alloc(16)))), ESTALE);
});

test('an error without errno is EIO and reported', async (t) => {
  const root = new ToyDirectory();
  root.lookup = () => {
    throw new Error('a bug');
  };
  const { kernel, errors } = await serve(t, root);
  const reply = await kernel.replyTo(ask(kernel, Opcode.LOOKUP, 1, encodeName('x')));
  t.is(reply.error, EIO);
  t.is(errors.length, 1);
});

test('a reply that the kernel refuses is reported, and its program gets EIO', async (t) => {
  const root = new ToyDirectory();
  const { kernel, errors } = await serve(t, root);
  kernel.refuseOnce('EINVAL');
  t.is((await kernel.replyTo(ask(kernel, Opcode.STATFS, 1))).error, EIO);
  t.is(errors.length, 1);
});

test('a poll is notified once, and a poll that is scheduled already is not scheduled again', async (t) => {
  const root = new ToyDirectory();
  const notifies: (() => void)[] = [];
  const node = fileWith({
    poll: (notify) => {
      if (notify !== undefined) notifies.push(notify);
      return 0;
    },
  });
  root.entries.set('recv', node);
  const { kernel } = await serve(t, root);
  const fh = await open(kernel, 'recv');
  const poll = () => ask(kernel, Opcode.POLL, 2, PollIn.encode({ fh, kh: 77, flags: 1 }));
  t.is(PollOut.decode(new Message((await kernel.replyTo(poll())).body).view).revents, 0);
  poll();
  t.is(notifies.length, 1);
  notifies[0]?.();
  notifies[0]?.();
  t.is(kernel.notifications.length, 1);
  t.is(
    OutHeader.decode(new Message(kernel.notifications[0] ?? Buffer.alloc(0)).view).error,
    NotifyCode.POLL,
  );
  poll();
  t.is(notifies.length, 2);
  await kernel.replyTo(ask(kernel, Opcode.RELEASE, 2, ReleaseIn.encode({ fh })));
  notifies[1]?.();
  t.is(kernel.notifications.length, 1, 'a closed file is not notified');
});

test('an unmount from outside ends the connection', async (t) => {
  const root = new ToyDirectory();
  const { kernel, connection, errors } = await serve(t, root);
  kernel.unmount();
  await connection.ended;
  t.true(kernel.closed);
  t.deepEqual(errors, []);
});
