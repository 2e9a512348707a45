import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { findMounts } from '../../mount/mounting/mount-table.js';
import type { Caller } from '../../mount/node.js';
import { emptyDirectory, mount, Program, run, shell } from './mounted.js';
import { blockUntilWithdrawn, deferred, openFile, ToyDirectory, textFile } from './toy.js';

const mounter = fileURLToPath(new URL('./mounter.js', import.meta.url));

test('unmount removes the mount while a shell uses it, and the blocked system calls fail', async (t) => {
  const root = new ToyDirectory();
  const begun = deferred<Caller>();
  let released = 0;
  const file = openFile(0o400, () => ({
    io: 'stream',
    read: (_offset, _size, _nonblock, caller) => blockUntilWithdrawn(caller, begun.resolve),
    release: () => {
      released += 1;
    },
  }));
  root.entries.set('recv', file);
  const { directory, session, errors } = await mount(t, root);
  const program = shell(t, 'cd "$1"; cat recv; echo ended; read line; ls', directory);
  const caller = await begun.promise;
  await session.unmount();
  await session.ended;
  t.true(caller.signal.aborted);
  t.is(released, 1);
  t.deepEqual(await findMounts(directory), []);
  await program.printed('ended');
  program.child.stdin?.end('\n');
  const { stderr } = await program.outcome;
  t.regex(stderr, /recv: Transport endpoint is not connected/);
  t.deepEqual(errors, []);
  await session.unmount();
});

test('an unmount from outside ends the session', async (t) => {
  const { directory, session, errors } = await mount(t, new ToyDirectory());
  t.is((await run(t, 'umount "$1"', directory)).status, 0);
  await session.ended;
  await session.unmount();
  t.deepEqual(errors, []);
});

test('after an unmount from outside, unmount does not touch what is mounted there next', async (t) => {
  const first = await mount(t, new ToyDirectory());
  t.is((await run(t, 'umount "$1"', first.directory)).status, 0);
  await first.session.ended;
  const child = new Program(t, process.execPath, [mounter, first.directory], {});
  await child.printed('mounted');
  await first.session.unmount();
  t.is((await findMounts(first.directory)).length, 1);
  child.child.kill('SIGTERM');
  await child.outcome;
});

test('the mount table shows the name, the type and the options of the mount', async (t) => {
  const { directory } = await mount(t, new ToyDirectory());
  const { stdout } = await run(t, 'findmnt -nr -o SOURCE,FSTYPE,OPTIONS "$1"', directory);
  t.regex(stdout, /^toy,fs fuse\.circuittest rw,nosuid,nodev,noatime,.*default_permissions/);
});

test('with allowOther the modes decide which files other users may read', async (t) => {
  const root = new ToyDirectory();
  root.entries.set('public', textFile('public'));
  root.entries.set(
    'secret',
    openFile(0o400, () => ({ io: 'direct', read: () => Buffer.from('secret') })),
  );
  const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups cat "$1/public" "$1/secret"';
  const closed = await mount(t, root);
  const refused = await run(t, nobody, closed.directory);
  t.is(refused.stdout, '');
  const open = await mount(t, root, { allowOther: true });
  const { stdout, stderr } = await run(t, `chmod 755 "$(dirname "$1")"; ${nobody}`, open.directory);
  t.is(stdout, 'public', stderr);
  t.regex(stderr, /secret: Permission denied/);
});

/** In a mount namespace of its own, where everybody may open /dev/fuse, as udev has it. */
const asUser = `mount -t tmpfs none /mnt && mknod -m 666 /mnt/fuse c 10 229 &&
  mount --bind /mnt/fuse /dev/fuse &&
  exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"`;

test('a user without privileges mounts and unmounts through fusermount3', async (t) => {
  const directory = await emptyDirectory(t);
  await chown(directory, 65534, 65534);
  const args = ['--mount', 'sh', '-c', asUser, 'sh', process.execPath, mounter, directory];
  const child = new Program(t, 'unshare', args, {});
  await child.printed('mounted');
  const look = `nsenter --target "$2" --mount setpriv --reuid=65534 --regid=65534 --clear-groups sh -c '
    findmnt -nr -o SOURCE,FSTYPE,OPTIONS "$1"; cat "$1/hello"; stat -c %u "$1/hello"' sh "$1"`;
  const { stdout } = await run(t, look, directory, String(child.child.pid));
  t.regex(
    stdout,
    /^toy,fs fuse\.circuittest .*user_id=65534.*default_permissions\nhello\n65534\n$/,
  );
  child.child.kill('SIGTERM');
  t.deepEqual(await child.outcome, {
    status: 0,
    signal: null,
    stdout: 'mounted\nleft: 0\n',
    stderr: '',
  });
});

test('a user who may not mount on a directory gets a sentence that says why', async (t) => {
  const directory = await emptyDirectory(t);
  const inside = join(directory, 'inside');
  await mkdir(inside);
  await chmod(directory, 0o755);
  const setpriv = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const child = new Program(t, 'setpriv', [...setpriv, process.execPath, mounter, inside], {});
  const { status, stderr } = await child.outcome;
  t.is(status, 1);
  t.regex(stderr, /EACCES .*inside may not be mounted on by this user/);
});
