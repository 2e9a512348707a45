import test from 'ava';
import { channelViews } from './channels.js';
import { Cluster, collect, exitOf } from './cluster.js';

/**
 * Waits for all of its files at once by poll(2), and prints the name of each as
 * it becomes ready, until all were. Nothing is read: the readiness is what counts.
 */
const WAIT_FOR_ALL = `
import os, select, sys
poll = select.poll()
names = {}
for arg in sys.argv[1:]:
    writing = arg.endswith(('send', 'stdin'))
    fd = os.open(arg, (os.O_WRONLY if writing else os.O_RDONLY) | os.O_NONBLOCK)
    names[fd] = arg
    poll.register(fd, select.POLLOUT if writing else select.POLLIN)
for fd, _ in poll.poll(0):
    print('at once', names.pop(fd)); poll.unregister(fd)
print('waiting', flush=True)
while names:
    for fd, event in poll.poll():
        print('then', names.pop(fd), flush=True); poll.unregister(fd)
`;

test('one program waits by poll(2) for files of several members at once', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  await cluster.sh(`echo "${b.address}" > ${a.mountpoint}/.self/join`);
  const [ofA, ofB] = await Promise.all(
    [a, b].map(async (daemon) =>
      (await cluster.sh(`readlink ${daemon.mountpoint}/.self`)).stdout.trim(),
    ),
  );
  const sh = (script: string) => cluster.sh(script, { cwd: a.mountpoint });
  const json = (script: string) => JSON.stringify({ Path: 'sh', Args: ['-c', script] });
  const files: string[] = [];
  for (const member of [ofA, ofB]) {
    const made = await sh(`
      cd ${member}; mkdir in out p; echo 0 > in/mkchan; echo 0 > out/mkchan
      echo '${json('read x; echo $x; exit 4')}' > p/mkproc`);
    t.is(made.status, 0, made.stderr);
    files.push(
      ...['in/recv', 'out/send', 'p/stdout', 'p/wait', 'p/stdin'].map((f) => `${member}/${f}`),
    );
  }
  const program = cluster.spawn(['python3', '-u', '-c', WAIT_FOR_ALL, ...files], {
    cwd: a.mountpoint,
  });
  const printed = collect(program.stdout);
  const complaint = collect(program.stderr);
  let seen = '';
  await new Promise<void>((resolve) => {
    program.stdout?.on('data', (data) => {
      seen += data;
      if (seen.includes('waiting')) resolve();
    });
  });
  t.deepEqual(
    seen.split('\n').filter((line) => line.startsWith('at once')),
    [`at once ${ofA}/p/stdin`, `at once ${ofB}/p/stdin`],
  );
  const ended = exitOf(program);
  for (const member of [ofB, ofA]) {
    const done = await sh(`cd ${member}
      echo go >> p/stdin
      (echo message > in/send) & sender=$!
      (cat out/recv) & receiver=$!
      until [ "$(cat p/phase)" = exited ]; do :; done
      cat in/recv; echo answer > out/send; wait $sender $receiver`);
    t.is(done.stdout, 'message\nanswer\n', done.stderr);
  }
  t.is(await ended, 0, await complaint);
  const then = (await printed).split('\n').filter((line) => line.startsWith('then'));
  t.is(then.length, 8);
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
