import test from 'ava';
import { channelViews } from './channels.js';

/** Bytes in which no two lines are alike. */
const NUMBERS = 'seq 60000';

/** Reads a file to its end, while a timer interrupts it; prints the checksum. */
const READER = `
import os, signal, subprocess, sys
path, size, interval = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
signal.signal(signal.SIGALRM, lambda *_: None)
fd = os.open(path, os.O_RDONLY)
signal.setitimer(signal.ITIMER_REAL, interval, interval)
pieces = []
while True:
    piece = os.read(fd, size)
    if not piece:
        break
    pieces.append(piece)
signal.setitimer(signal.ITIMER_REAL, 0)
print(subprocess.run('cksum', input=b''.join(pieces), capture_output=True).stdout.decode(), end='')
`;

test('a reader that a timer interrupts all the time misses nothing, and has it in order', async (t) => {
  const { cluster, local, remote } = await channelViews(t);
  await cluster.sh('cat > reader.py', { input: READER });
  const read = (file: string, size: number) =>
    `python3 ${cluster.directory}/reader.py ${file} ${size} 0.0003`;
  const sum = (await cluster.sh(`${NUMBERS} | cksum`)).stdout;
  await local.sh('mkdir c p && echo 0 > c/mkchan');
  const process = JSON.stringify({ Path: 'sh', Args: ['-c', NUMBERS] });
  for (const view of [local, remote]) {
    for (let round = 0; round < 3; round += 1) {
      const sending = local.sh(`${NUMBERS} | dd bs=7000 iflag=fullblock status=none > c/send`);
      const message = await view.sh(read('c/recv', 65536));
      t.deepEqual([message.stdout, message.stderr], [sum, ''], `${view.name}, a message`);
      t.is((await sending).status, 0);
      await local.sh(`echo '${process}' > p/mkproc`);
      const output = await view.sh(read('p/stdout', 7000));
      t.deepEqual([output.stdout, output.stderr], [sum, ''], `${view.name}, an output`);
      await local.sh('echo > p/scrub');
    }
  }
});
