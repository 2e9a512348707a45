import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import * as native from '../../native/index.js';

test('a call that fails throws an Error with code, errno and syscall', (t) => {
  t.like(
    t.throws(() => native.unmount('/nonexistent', 0)),
    {
      code: 'ENOENT',
      errno: -2,
      syscall: 'umount2',
      message: 'ENOENT: no such file or directory, umount2',
    },
  );
  const mount = () => native.mount('none', '/nonexistent', 'tmpfs', 0, '');
  t.like(t.throws(mount), { code: 'ENOENT', syscall: 'mount' });
  t.like(
    t.throws(() => native.read(-1, Buffer.alloc(1))),
    { code: 'EBADF', syscall: 'read' },
  );
  t.like(
    t.throws(() => native.write(-1, Buffer.alloc(1))),
    { code: 'EBADF', syscall: 'writev' },
  );
  t.like(
    t.throws(() => native.close(-1)),
    { code: 'EBADF', syscall: 'close' },
  );
});

test('an argument of the wrong type throws a TypeError', (t) => {
  const read: (fd: number, into: never) => number = native.read;
  t.throws(() => Reflect.apply(read, undefined, ['0', Buffer.alloc(1)]), { instanceOf: TypeError });
  t.throws(() => Reflect.apply(read, undefined, [0]), { instanceOf: TypeError });
  t.throws(() => Reflect.apply(native.unmount, undefined, []), { instanceOf: TypeError });
});

function pair(t: ExecutionContext): [number, number] {
  const ends = native.socketpair();
  t.teardown(() => {
    for (const end of ends) native.close(end);
  });
  return ends;
}

test('write gathers header and payload into one message, which read takes', (t) => {
  const [one, other] = pair(t);
  native.write(one, Buffer.from('head'), Buffer.from('payload'));
  const into = Buffer.alloc(100);
  t.is(native.read(other, into), 11);
  t.is(into.toString('utf8', 0, 11), 'headpayload');
  // A read of a socket of a pair would wait; a read of a device that is not mounted does not.
  const device = native.open();
  t.throws(() => native.read(device, Buffer.alloc(8192)), { code: 'EPERM' });
  native.close(device);
});

test('a queued write runs on a thread, and rejects if it fails', async (t) => {
  const [one, other] = pair(t);
  const message = Buffer.from('later');
  const written = native.queuedWrite(one, message);
  message.fill(0);
  await written;
  const into = Buffer.alloc(10);
  t.is(into.toString('utf8', 0, native.read(other, into)), 'later');
  t.throws(() => native.queuedWrite(-1, message), { code: 'EBADF' });
  const device = native.open();
  await t.throwsAsync(native.queuedWrite(device, message), { code: 'EPERM' });
  native.close(device);
});

test('a message without a descriptor is EPROTO, no message is EAGAIN', (t) => {
  const [one, other] = pair(t);
  t.throws(() => native.receiveDescriptor(other), { code: 'EAGAIN' });
  native.write(one, Buffer.from('x'));
  t.throws(() => native.receiveDescriptor(other), { code: 'EPROTO' });
});

test('a watcher calls while there is something to read, until it is closed', async (t) => {
  const [one, other] = pair(t);
  let calls = 0;
  const watcher = await new Promise<native.Watcher>((resolve) => {
    const made: native.Watcher = new native.Watcher(other, () => {
      calls += 1;
      native.read(other, Buffer.alloc(10));
      resolve(made);
    });
    native.write(one, Buffer.from('x'));
  });
  t.is(calls, 1);
  watcher.close();
  watcher.close();
  native.write(one, Buffer.from('y'));
  await new Promise(setImmediate);
  t.is(calls, 1);
});

test('an unreferenced watcher does not keep the process alive, a referenced one ends with its thread', async (t) => {
  const door = new URL('../../native/index.js', import.meta.url).href;
  const watch = `
    import * as native from '${door}';
    const watcher = new native.Watcher(native.socketpair()[0], () => undefined);`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    `${watch} watcher.unref(); console.log('ended');`,
  ]);
  t.is(stdout, 'ended\n');
  const source = `data:text/javascript,${encodeURIComponent(`${watch}
    import { parentPort } from 'node:worker_threads'; parentPort.postMessage('watching');`)}`;
  const worker = new Worker(new URL(source));
  t.deepEqual(await once(worker, 'message'), ['watching']);
  t.is(await worker.terminate(), 1);
});
