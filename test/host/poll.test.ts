import test, { type ExecutionContext } from 'ava';
import { channelViews, program } from './channels.js';
import { Cluster, eventually } from './cluster.js';

/**
 * Waits for all of its files at once by poll(2), and prints the name of each as
 * it becomes ready, until all were. Nothing is read, but what the logs have by
 * now: the readiness is what counts.
 */
const WAIT_FOR_ALL = `
import os, select, sys
poll = select.poll()
names = {}
for arg in sys.argv[1:]:
    writing = arg.endswith(('send', 'stdin'))
    fd = os.open(arg, (os.O_WRONLY if writing else os.O_RDONLY) | os.O_NONBLOCK)
    while arg.endswith('log') and os.read(fd, 65536): pass
    names[fd] = arg
    poll.register(fd, select.POLLOUT if writing else select.POLLIN)
for fd, _ in poll.poll(0):
    print('at once', names.pop(fd)); poll.unregister(fd)
print('waiting', flush=True)
while names:
    for fd, event in poll.poll():
        print('then', names.pop(fd), flush=True); poll.unregister(fd)
`;

/** `count` joined daemons, the first of which lists them all; and their names, its own first. */
async function members(t: ExecutionContext, count: number) {
  const cluster = new Cluster(t);
  const first = await cluster.start();
  const all = [first];
  while (all.length < count) all.push(await cluster.start('-j', first.address));
  const names: string[] = [];
  for (const { mountpoint } of all) {
    await eventually(
      () => cluster.sh(`ls ${mountpoint}`),
      ({ stdout }) => stdout.split('\n').length - 1 === count,
    );
    names.push((await cluster.sh(`readlink ${mountpoint}/.self`)).stdout.trim());
  }
  return { cluster, names, cwd: first.mountpoint };
}

test('one program waits by poll(2) for files of five members at once', async (t) => {
  const { cluster, names, cwd } = await members(t, 5);
  const sh = (script: string) => cluster.sh(script, { cwd });
  const json = (script: string) => JSON.stringify({ Path: 'sh', Args: ['-c', script] });
  const files: string[] = [];
  for (const member of names) {
    const made = await sh(`
      cd ${member}; mkdir in out p; echo 0 > in/mkchan; echo 0 > out/mkchan
      echo '${json('read x; echo $x; exit 4')}' > p/mkproc`);
    t.is(made.status, 0, made.stderr);
    const own = ['in/recv', 'out/send', 'p/stdout', 'p/wait', 'p/stdin', 'log'];
    files.push(...own.map((file) => `${member}/${file}`));
  }
  const waiting = program(cluster.spawn(['python3', '-u', '-c', WAIT_FOR_ALL, ...files], { cwd }));
  let seen = '';
  waiting.process.stdout?.on('data', (data) => {
    seen += data;
  });
  const lines = (word: string) => seen.split('\n').filter((line) => line.startsWith(word));
  await waiting.printed('waiting');
  t.deepEqual(
    lines('at once'),
    names.map((member) => `at once ${member}/p/stdin`),
  );
  let ready = 0;
  for (const member of names.toReversed()) {
    const start = (script: string) =>
      program(cluster.spawn(['sh', '-c', script], { cwd: `${cwd}/${member}` }));
    const [sender, receiver] = [start('echo message > in/send'), start('cat out/recv')];
    await sh(`echo go >> ${member}/p/stdin`);
    ready += 4;
    await eventually(
      async () => lines('then'),
      ({ length }) => length === ready,
    );
    const done = await sh(`cd ${member}; cat in/recv; echo answer > out/send; cat p/exit`);
    t.is(done.stdout, 'message\n4\n', done.stderr);
    t.deepEqual([await sender.status, await receiver.stdout], [0, 'answer\n']);
  }
  for (const member of names) await sh(`mkdir ${member}/logged`);
  t.is(await waiting.status, 0, await waiting.stderr);
  t.deepEqual(
    lines('then').slice(ready).sort(),
    names.map((member) => `then ${member}/log`).sort(),
  );
});

/** As \`tail -f\` would, if it could wait: prints what comes, until it has seen a word. */
const FOLLOW = `
import os, select, sys
fd = os.open('log', os.O_RDONLY)
poll = select.epoll()
poll.register(fd, select.EPOLLIN)
seen = b''
idle = 0
while b'mkdir' not in seen:
    poll.poll()
    seen += os.read(fd, 65536)
    if not poll.poll(0) and not idle:
        idle = 1
        assert os.read(fd, 65536) == b'', 'what is not ready has nothing to read'
        print('read', flush=True)
assert seen == os.pread(fd, len(seen) + 1, 0), 'nothing was missed'
print(seen.decode().splitlines()[-1])
`;

test('a log is ready for who has read it to its end when it grows, and not before', async (t) => {
  const { cluster, names, cwd } = await members(t, 2);
  for (const member of names) {
    const directory = `${cwd}/${member}`;
    const follower = program(cluster.spawn(['python3', '-c', FOLLOW], { cwd: directory }));
    await follower.printed('read');
    await cluster.sh('mkdir new', { cwd: directory });
    t.is(await follower.status, 0, await follower.stderr);
    t.regex(await follower.stdout, / mkdir \/X[0-9a-f]{16}\/new: ok\n$/);
    const cat = await cluster.run(['cat', 'log'], { cwd: directory });
    t.regex(cat.stdout, /new: ok\n$/);
  }
});

/** As the runtimes of Go and Rust do: reads until it would wait, then waits for the next edge. */
const EDGES = `
import os, select
fd = os.open('stdout', os.O_RDONLY | os.O_NONBLOCK)
poll = select.epoll()
poll.register(fd, select.EPOLLIN | select.EPOLLET)
while True:
    try:
        data = os.read(fd, 65536)
    except BlockingIOError:
        poll.poll()
        continue
    if not data: break
    os.write(1, data)
`;

test('a program that waits for edges (EPOLLET) reads an output to its end', async (t) => {
  const { cluster, names, cwd } = await members(t, 2);
  for (const member of names) {
    await cluster.sh(`mkdir p; echo '{"Path":"cat"}' > p/mkproc`, { cwd: `${cwd}/${member}` });
    const directory = `${cwd}/${member}/p`;
    const reader = program(cluster.spawn(['python3', '-c', EDGES], { cwd: directory }));
    for (const word of ['one', 'two', 'three']) {
      await cluster.sh(`echo ${word} >> stdin`, { cwd: directory });
      await reader.printed(word);
    }
    await cluster.sh('printf end > stdin', { cwd: directory });
    t.is(await reader.stdout, 'one\ntwo\nthree\nend', await reader.stderr);
    t.is(await reader.status, 0);
  }
});

test('what is not ready is EAGAIN for a program that does not want to wait', async (t) => {
  const { cluster, local, remote } = await channelViews(t);
  for (const { directory: cwd } of [local, remote]) {
    await cluster.sh(`mkdir -p c p; echo 0 > c/mkchan; echo '{"Path":"cat"}' > p/mkproc`, { cwd });
    const script = `
import os
for name in ['c/recv', 'p/stdout', 'p/wait', 'p/stderr']:
    fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    try: print(os.read(fd, 10))
    except BlockingIOError: print('EAGAIN')
fd = os.open('c/send', os.O_WRONLY | os.O_NONBLOCK)
try: os.write(fd, b'x')
except BlockingIOError: print('EAGAIN')`;
    const result = await cluster.run(['python3', '-c', script], { cwd });
    t.is(result.stdout, 'EAGAIN\n'.repeat(5), result.stderr);
    await cluster.sh('echo > c/scrub; echo > p/scrub; rmdir c p', { cwd });
  }
});

/** Reads a message to its end as it comes; counts how often it was woken for nothing. */
const PATIENT = `
import os, select
fd = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK)
poll = select.poll()
poll.register(fd, select.POLLIN)
message, in_vain = b'', 0
while True:
    poll.poll()
    try: data = os.read(fd, 65536)
    except BlockingIOError:
        in_vain += 1
        continue
    if not data: break
    message += data
    print(len(message), flush=True)
assert in_vain < 5, 'woken %d times for nothing' % in_vain
print(message.decode())
`;

test('in the middle of a message poll(2) waits until it goes on', async (t) => {
  const { local, remote } = await channelViews(t);
  for (const [reading, writing] of [
    [local, remote],
    [remote, local],
  ] as const) {
    await local.sh('mkdir c; echo 0 > c/mkchan');
    const reader = reading.spawn('python3', '-c', PATIENT);
    const writer = writing.spawn('sh', '-c', 'exec > c/send; printf one; read more; printf two');
    await reader.printed('3\n');
    writer.process.stdin?.end('go on\n');
    t.is(await reader.status, 0, await reader.stderr);
    t.regex(await reader.stdout, /onetwo\n$/);
    t.is(await writer.status, 0);
    await local.sh('echo > c/scrub; rmdir c');
  }
});

/** Finds no room for a message, waits for it by poll(2), and sends one. */
const ROOM = `
import os, select
fd = os.open('c/send', os.O_WRONLY | os.O_NONBLOCK)
poll = select.poll()
poll.register(fd, select.POLLOUT)
try: os.write(fd, b'too early')
except BlockingIOError: print('full')
assert poll.poll(0) == [], 'there is no room yet'
print('waiting', flush=True)
assert poll.poll() == [(fd, select.POLLOUT)]
print(os.write(fd, b'second'))
os.close(fd)
`;

test('a program waits by poll(2) for room in a channel, also in one of another member', async (t) => {
  const { local, remote } = await channelViews(t);
  await local.sh('mkdir c; echo 1 > c/mkchan');
  for (const [sending, receiving] of [
    [local, local],
    [local, remote],
    [remote, local],
    [remote, remote],
  ] as const) {
    t.is((await sending.sh('printf first > c/send')).status, 0);
    const sender = sending.spawn('python3', '-c', ROOM);
    await sender.printed('waiting');
    t.is((await receiving.sh('cat c/recv')).stdout, 'first');
    t.is(await sender.status, 0, await sender.stderr);
    t.is(await sender.stdout, 'full\nwaiting\n6\n');
    t.is((await receiving.sh('cat c/recv')).stdout, 'second');
  }
});
