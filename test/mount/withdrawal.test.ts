import { constants } from 'node:os';
import test from 'ava';
import type { Caller, Handle, Node } from '../../mount/node.js';
import { Opcode } from '../../mount/wire/constants.js';
import { Message } from '../../mount/wire/request.js';
import {
  Dirent,
  EntryOut,
  FlushIn,
  ForgetIn,
  InterruptIn,
  OpenIn,
  ReadIn,
  WriteIn,
} from '../../mount/wire/structs.js';
import { encodeName, encodeRequest } from './fake-kernel.js';
import { ask, fileWith, interrupt, lookup, open, serve } from './served.js';
import { blockUntilWithdrawn, deferred, openFile, ToyDirectory } from './toy.js';

const { EINTR, ENOTCONN, EPIPE } = constants.errno;

test('an interrupted read is EINTR at once, its signal is aborted, and its late bytes are given back', async (t) => {
  const root = new ToyDirectory();
  const answer = deferred<Uint8Array>();
  const undelivered: string[] = [];
  let caller: Caller | undefined;
  const node = fileWith({
    read: (_offset, _size, _nonblock, from) => {
      caller = from;
      return answer.promise;
    },
    settled: (data, delivered) => {
      if (!delivered) undelivered.push(Buffer.from(data).toString());
    },
  });
  root.entries.set('recv', node);
  const { kernel } = await serve(t, root);
  const fh = await open(kernel, 'recv');
  const unique = ask(kernel, Opcode.READ, 2, ReadIn.encode({ fh, size: 100 }));
  t.is(kernel.reply(unique), undefined);
  interrupt(kernel, unique);
  t.is(kernel.reply(unique)?.error, EINTR);
  t.like(caller?.signal.reason, { code: 'EINTR' });
  answer.resolve(Buffer.from('late'));
  await answer.promise;
  await Promise.resolve();
  t.deepEqual(undelivered, ['late']);
  t.is(kernel.replies.filter((reply) => reply.unique === unique).length, 1);
});

test('an interrupted write returns how much it has taken, or else EINTR soon', async (t) => {
  const root = new ToyDirectory();
  let waits = true;
  const node = fileWith({
    write: async (_data, _nonblock, { signal }) => {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => waits || resolve());
      });
      return 3;
    },
  });
  root.entries.set('send', node);
  const { kernel } = await serve(t, root);
  const fh = await open(kernel, 'send');
  const data = Buffer.from('hello');
  const write = () => {
    const body = Buffer.concat([WriteIn.encode({ fh, size: data.length }), data]);
    return ask(kernel, Opcode.WRITE, 2, body);
  };
  const unanswered = write();
  interrupt(kernel, unanswered);
  t.is((await kernel.replyTo(unanswered)).error, EINTR);
  waits = false;
  const answered = write();
  interrupt(kernel, answered);
  const reply = await kernel.replyTo(answered);
  t.is(reply.error, 0);
  t.is(reply.body.readUInt32LE(0), 3);
});

/** A visible thread without a pending signal: so looks one that a signal to another thread stops. */
const STOPPED = 1;

test('the write of a stopped program is answered at once; its close waits, and fails if the write fails', async (t) => {
  const root = new ToyDirectory();
  const written: string[] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const node = fileWith({
    write: async (data) => {
      await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
      written.push(Buffer.from(data).toString());
      return undefined;
    },
  });
  root.entries.set('send', node);
  const { kernel } = await serve(t, root);
  const fh = await open(kernel, 'send');
  let unique = 10_000;
  const request = (opcode: number, body: Uint8Array) => {
    unique += 2;
    kernel.send(encodeRequest(opcode, [body], { unique, nodeid: 2, pid: STOPPED }));
    return unique;
  };
  const write = async (text: string) => {
    const data = Buffer.from(text);
    const body = Buffer.concat([WriteIn.encode({ fh, size: data.length, lock_owner: 7 }), data]);
    const stopped = request(Opcode.WRITE, body);
    interrupt(kernel, stopped);
    const reply = await kernel.replyTo(stopped);
    t.deepEqual([reply.error, reply.body.readUInt32LE(0)], [0, data.length]);
  };
  const flush = (owner: number) => request(Opcode.FLUSH, FlushIn.encode({ fh, lock_owner: owner }));

  await write('one');
  await write('two');
  t.is((await kernel.replyTo(flush(8))).error, 0, 'another program that closes it does not wait');
  const closed = flush(7);
  for (const [count, text] of ['one', 'two'].entries()) {
    t.is(kernel.reply(closed), undefined);
    while (waiting.length <= count) await new Promise(setImmediate);
    waiting[count]?.resolve();
    while (written.at(-1) !== text) await new Promise(setImmediate);
  }
  t.is((await kernel.replyTo(closed)).error, 0);

  await write('three');
  waiting[2]?.reject(Object.assign(new Error('closed'), { code: 'EPIPE' }));
  t.is((await kernel.replyTo(flush(7))).error, EPIPE);
  t.is((await kernel.replyTo(flush(7))).error, 0, 'it is told once');
});

test('an interrupt that has arrived before the answer wins', async (t) => {
  const root = new ToyDirectory();
  const answer = deferred<Uint8Array>();
  const undelivered: string[] = [];
  const node = fileWith({
    read: () => answer.promise,
    settled: (data, delivered) => {
      if (!delivered) undelivered.push(Buffer.from(data).toString());
    },
  });
  root.entries.set('recv', node);
  const { kernel } = await serve(t, root);
  const fh = await open(kernel, 'recv');
  const unique = ask(kernel, Opcode.READ, 2, ReadIn.encode({ fh, size: 100 }));
  kernel.sendUnnoticed(encodeRequest(Opcode.INTERRUPT, [InterruptIn.encode({ unique })]));
  answer.resolve(Buffer.from('message'));
  t.is((await kernel.replyTo(unique)).error, EINTR);
  await Promise.resolve();
  t.deepEqual(undelivered, ['message']);
});

test('bytes that the kernel does not take are given back to the handle', async (t) => {
  const root = new ToyDirectory();
  const undelivered: string[] = [];
  const node = fileWith({
    read: () => Buffer.from('message'),
    settled: (data, delivered) => {
      if (!delivered) undelivered.push(Buffer.from(data).toString());
    },
  });
  root.entries.set('recv', node);
  const { kernel, errors } = await serve(t, root);
  const fh = await open(kernel, 'recv');
  kernel.refuse = 'ENOENT';
  ask(kernel, Opcode.READ, 2, ReadIn.encode({ fh, size: 100 }));
  t.deepEqual(undelivered, ['message']);
  t.deepEqual(errors, []);
});

test('a handle that arrives after the interrupt is released', async (t) => {
  const root = new ToyDirectory();
  const handle = deferred<Handle>();
  const released = deferred<boolean>();
  root.entries.set(
    'slow',
    openFile(0o600, () => handle.promise),
  );
  const { kernel } = await serve(t, root);
  const nodeid = await lookup(kernel, 'slow');
  const unique = ask(kernel, Opcode.OPEN, nodeid, OpenIn.encode({}));
  interrupt(kernel, unique);
  t.is(kernel.reply(unique)?.error, EINTR);
  handle.resolve({ io: 'stream', release: () => released.resolve(true) });
  t.true(await released.promise);
});

test('a lookup that was not delivered leaves no reference', async (t) => {
  const root = new ToyDirectory();
  const child = new ToyDirectory();
  const answer = deferred<Node>();
  root.lookup = () => answer.promise;
  const { kernel } = await serve(t, root);
  const unique = ask(kernel, Opcode.LOOKUP, 1, encodeName('d'));
  interrupt(kernel, unique);
  answer.resolve(child);
  await answer.promise;
  await new Promise(setImmediate);
  t.is(child.watchers.size, 0);

  root.lookup = () => child;
  const nodeid = await lookup(kernel, 'd');
  t.is(child.watchers.size, 1);
  kernel.send(encodeRequest(Opcode.FORGET, [ForgetIn.encode({ nlookup: 1 })], { nodeid }));
  t.is(child.watchers.size, 0);
});

test('READDIRPLUS counts a reference for each entry that it delivers, and for no other', async (t) => {
  const root = new ToyDirectory();
  const children = Array.from({ length: 10 }, (_, index) =>
    root.set(`d${index}`, new ToyDirectory()),
  );
  const watched = () => children.filter(({ watchers }) => watchers.size > 0).length;
  const { kernel } = await serve(t, root);
  const entrySize = EntryOut.size + Dirent.size + 8;
  const read = () =>
    ask(kernel, Opcode.READDIRPLUS, 1, ReadIn.encode({ size: 5 * entrySize + 100 }));
  const { body } = await kernel.replyTo(read());
  t.is(body.length, 5 * entrySize);
  t.is(watched(), 3, 'beside . and ..');
  for (let index = 2; index < 5; index += 1) {
    const { nodeid } = EntryOut.decode(new Message(body).view, index * entrySize);
    kernel.send(encodeRequest(Opcode.FORGET, [ForgetIn.encode({ nlookup: 1 })], { nodeid }));
  }
  t.is(watched(), 0);
  kernel.refuse = 'ENOENT';
  read();
  t.is(watched(), 0);
});

test('the end answers waiting requests, aborts their signals, releases handles and watches, and closes the device', async (t) => {
  const root = new ToyDirectory();
  let released = false;
  const begun = deferred<Caller>();
  const node = fileWith({
    read: (_offset, _size, _nonblock, caller) => blockUntilWithdrawn(caller, begun.resolve),
    release: () => {
      released = true;
    },
  });
  root.entries.set('recv', node);
  const { kernel, connection, errors } = await serve(t, root);
  const fh = await open(kernel, 'recv');
  const unique = ask(kernel, Opcode.READ, 2, ReadIn.encode({ fh, size: 100 }));
  const caller = await begun.promise;
  await connection.end();
  t.is(kernel.reply(unique)?.error, ENOTCONN);
  t.true(caller.signal.aborted);
  t.true(released);
  t.is(root.watchers.size, 0);
  t.true(kernel.closed);
  t.deepEqual(errors, []);
});
