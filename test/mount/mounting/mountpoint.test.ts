import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { MountError } from '../../../mount/mounting/mount-error.js';
import { findMounts, parseMountinfo } from '../../../mount/mounting/mount-table.js';
import { prepareMountpoint } from '../../../mount/mounting/mountpoint.js';
import { emptyDirectory, mount, Program, run } from '../mounted.js';
import { ToyDirectory } from '../toy.js';

const mounter = fileURLToPath(new URL('../mounter.js', import.meta.url));
const type = 'fuse.circuittest';

async function refused(t: ExecutionContext, directory: string, code: string, sentence: RegExp) {
  const error = await t.throwsAsync(prepareMountpoint(directory, type), {
    instanceOf: MountError,
    code,
  });
  t.regex(error?.message ?? '', sentence);
}

/** Leaves a mount whose process was killed after the kernel had cached the root. */
async function mountDead(t: ExecutionContext, directory: string): Promise<void> {
  const child = new Program(t, process.execPath, [mounter, directory], {});
  await child.printed('mounted');
  t.is((await run(t, 'ls "$1" && stat "$1"', directory)).status, 0);
  child.child.kill('SIGKILL');
  await child.outcome;
}

test('a path that does not exist, is no directory or is not empty is refused with a sentence', async (t) => {
  const directory = await emptyDirectory(t);
  const file = join(directory, 'file');
  await writeFile(file, '');
  await refused(t, join(directory, 'none'), 'ENOENT', /none does not exist/);
  await refused(t, join(directory, 'none', 'below'), 'ENOENT', /below does not exist/);
  await refused(t, file, 'ENOTDIR', /file is not a directory/);
  await refused(t, directory, 'ENOTEMPTY', /is not empty: it contains file/);
});

test('a relative path and a symbolic link are resolved to the directory', async (t) => {
  const directory = await emptyDirectory(t);
  const link = `${directory}-link`;
  await symlink(basename(directory), link);
  t.is(await prepareMountpoint(link, type), directory);
  t.is(await prepareMountpoint(relative(process.cwd(), directory), type), directory);
  t.is(await prepareMountpoint(`${directory}/.`, type), directory);
});

test('a symbolic link that leads to itself is refused', async (t) => {
  const directory = await emptyDirectory(t);
  const link = `${directory}-loop`;
  await symlink(link, link);
  await refused(t, link, 'ENOENT', /leads nowhere/);
});

test('a live mount of the same type is refused', async (t) => {
  const { directory } = await mount(t, new ToyDirectory());
  await refused(
    t,
    directory,
    'EBUSY',
    /a circuittest is already mounted on .*\/mnt; unmount .*, or choose another directory$/,
  );
});

test('a mount whose process is stopped counts as alive; if its type is another, as stuck', async (t) => {
  const directory = await emptyDirectory(t);
  const child = new Program(t, process.execPath, [mounter, directory, '0'], {});
  await child.printed('mounted');
  child.child.kill('SIGSTOP');
  t.teardown(() => child.child.kill('SIGKILL'));
  await refused(t, directory, 'EBUSY', /already mounted/);
  const stuck = { code: 'EBUSY', message: /mnt does not answer: its file system is stuck$/ };
  await t.throwsAsync(prepareMountpoint(directory, 'fuse.other'), stuck);
});

test('a dead mount of a killed process is replaced, also at a path with a space and behind a symbolic link', async (t) => {
  const parent = await emptyDirectory(t);
  const directory = join(parent, 'a b');
  const link = join(parent, 'link');
  await mkdir(directory);
  await symlink('a b', link);
  for (const path of [directory, link]) {
    await mountDead(t, directory);
    const again = new Program(t, process.execPath, [mounter, path], {});
    await again.printed('mounted');
    t.is((await run(t, 'cat "$1/hello"', path)).stdout, 'hello\n');
    t.is((await findMounts(directory)).length, 1);
    again.child.kill('SIGTERM');
    t.is((await again.outcome).status, 0);
  }
});

test('another file system on the directory does not matter, unless it is not empty', async (t) => {
  const directory = await emptyDirectory(t);
  t.is((await run(t, 'mount -t tmpfs none "$1"', directory)).status, 0);
  t.is(await prepareMountpoint(directory, type), directory);
  await run(t, 'touch "$1/file"', directory);
  await refused(t, directory, 'ENOTEMPTY', /it contains file/);
});

test('mountinfo is parsed with its octal escapes and optional fields', (t) => {
  const text = String.raw`36 35 98:0 / /mnt/a\040b\011c\134d rw,noatime shared:1 master:2 - fuse.circuit none rw
37 35 0:41 /x /plain rw - ext4 /dev/root rw
`;
  t.deepEqual(parseMountinfo(text), [
    { target: '/mnt/a b\tc\\d', type: 'fuse.circuit', device: '98:0' },
    { target: '/plain', type: 'ext4', device: '0:41' },
  ]);
  t.deepEqual(parseMountinfo('garbage\n\n'), []);
});
