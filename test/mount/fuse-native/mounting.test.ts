/** A mount of fuse-native begins, is shown, and ends as one of our own host. */
import test from 'ava';
import { findMounts } from '../../../mount/mounting/mount-table.js';
import { mount, run, shell } from '../mounted.js';
import { blockUntilWithdrawn, deferred, openFile, ToyDirectory, textFile } from '../toy.js';
import { mountIt, streamOf } from './mounted.js';

test('unmount answers 60 readers that wait, and leaves no mount', async (t) => {
  const root = new ToyDirectory();
  const all = deferred();
  let waiting = 0;
  let released = 0;
  root.set(
    'recv',
    streamOf({
      read: (_offset, _size, _nonblock, caller) =>
        blockUntilWithdrawn(caller, () => {
          waiting += 1;
          if (waiting === 60) all.resolve();
        }),
      release: () => {
        released += 1;
      },
    }),
  );
  root.set('text', textFile('text\n'));
  const { directory, session, errors } = await mountIt(t, root, 60);
  const script = 'for i in $(seq 60); do { cat "$1/recv" || echo failed; } & done; wait';
  const readers = shell(t, `export LC_ALL=C; ${script}`, directory);
  await all.promise;
  t.is((await run(t, 'cat "$1/text"', directory)).stdout, 'text\n', 'others are served meanwhile');
  await session.unmount();
  await session.ended;
  t.deepEqual(await findMounts(directory), []);
  const { stdout, stderr } = await readers.outcome;
  t.is(stdout, 'failed\n'.repeat(60));
  t.regex(stderr, /recv: Transport endpoint is not connected/);
  t.is(released, 60);
  t.deepEqual(errors, []);
});

test('an unmount from outside ends the session soon', async (t) => {
  const { directory, session, errors } = await mountIt(t, new ToyDirectory());
  t.is((await run(t, 'umount "$1"', directory)).status, 0);
  await session.ended;
  await session.unmount();
  t.deepEqual(errors, []);
});

test('with allowOther another user may read what the modes allow, and no caller is known', async (t) => {
  const root = new ToyDirectory();
  const callers: number[] = [];
  root.set(
    'public',
    openFile(0o444, (_mode, { uid }) => {
      callers.push(uid);
      return { io: 'direct', read: (offset) => Buffer.from('public').subarray(offset) };
    }),
  );
  root.set(
    'secret',
    openFile(0o400, () => ({ io: 'direct' })),
  );
  const { directory } = await mount(t, root, { host: 'fuse-native', allowOther: true });
  const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups cat "$1/public" "$1/secret"';
  const { stdout, stderr } = await run(t, `chmod 755 "$(dirname "$1")"; ${nobody}`, directory);
  t.is(stdout, 'public', stderr);
  t.regex(stderr, /secret: Permission denied/);
  t.deepEqual(callers, [0xffffffff]);
});

test('the mount table shows the name, the type and the options as with our own host', async (t) => {
  const { directory } = await mountIt(t, new ToyDirectory());
  const { stdout } = await run(t, 'findmnt -nr -o SOURCE,FSTYPE,OPTIONS "$1"', directory);
  t.regex(stdout, /^toy,fs fuse\.circuittest rw,nosuid,nodev,noatime,.*default_permissions/);
});
