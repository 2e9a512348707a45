import test from 'ava';
import { blocked, channelViews } from './channels.js';

test('a note is set, read and waited for, on its own host and on another', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const view of [local, remote]) {
    t.is((await view.sh('mkdir n && echo first text > n/mknote')).status, 0);
    for (const other of [local, remote]) {
      const shown = await other.sh('cat n/kind n/text; ls n');
      t.is(shown.stdout, 'note\nfirst text\nerror\nhelp\nkind\nnext\npeek\nscrub\nset\ntext\n');
    }
    const readers = [local, remote].map((other) => other.spawn('cat', 'n/next'));
    await Promise.all(readers.map(blocked));
    t.is((await view.sh('echo second > n/set')).status, 0);
    for (const reader of readers) t.is(await reader.stdout, 'second\n');
    for (const other of [local, remote]) {
      t.is((await other.sh('cat n/text')).stdout, 'second\n');
    }
    t.is((await view.sh('echo > n/scrub; rmdir n')).status, 0);
  }
});

test('poll(2) on `next` is ready when the text is set', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir n && echo one > n/mknote');
  for (const view of [local, remote]) {
    const waiting = view.spawn(
      'python3',
      '-c',
      `
import os, select
fd = os.open('n/next', os.O_RDONLY)
poll = select.poll()
poll.register(fd, select.POLLIN)
assert not poll.poll(0)
print('waiting', flush=True)
poll.poll()
print(os.read(fd, 100).decode(), end='')`,
    );
    await waiting.printed('waiting');
    await local.sh('echo two > n/set');
    t.is(await waiting.stdout, 'waiting\ntwo\n', await waiting.stderr);
  }
});

test('the command line and select know the files of a note', async (t) => {
  const { cluster, owner, local, name } = await channelViews(t);
  const circuit = (...args: string[]) => cluster.circuit([...args, '-d', owner.address]);
  t.is((await circuit('mknote', `/${name}/n`, 'a', 'text')).status, 0);
  t.is((await circuit('text', `/${name}/n`)).stdout, 'a text\n');
  const selecting = circuit('select', `/${name}/n/next`);
  let over = false;
  selecting.then(() => {
    over = true;
  });
  // Set until it has been seen: select may not have asked yet.
  for (let i = 0; !over; i += 1) t.is((await circuit('set', `/${name}/n`, `${i}`)).status, 0);
  t.is((await selecting).stdout, `/${name}/n/next\n`);
  t.is((await local.sh('echo > n/scrub')).status, 0);
});
