import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CIRCUIT_ENV, Cluster, eventually } from './cluster.js';

/** More lines, of some 500 bytes, than a pipe and the daemon keep for a reader: 1.1 MiB. */
const FLOOD = 4_000;

/** Has the daemon refuse addresses with these numbers, each in a line of its log. */
const JUNK = `
import os, sys
for number in range(*map(int, sys.argv[1:])):
    with open('mnt/.self/join', 'wb', buffering=0) as join:
        try: join.write(b'junk%d %s\\n' % (number, b'x' * 450))
        except OSError: pass
`;

test('lines of the log that nobody read in time are counted, and the log says how many are missing', async (t) => {
  const cluster = new Cluster(t);
  cluster.mkdir('mnt');
  await cluster.sh('cat > junk.py; mkfifo read', { input: JUNK });
  // The reader begins when it is told so.
  const script = `"$NODE" "$CIRCUIT" start -a 127.0.0.1:0 -m mnt 2>&1 >address |
    { cat read; exec cat > log; }`;
  cluster.spawn(['sh', '-c', script], { env: CIRCUIT_ENV });
  await eventually(
    () => cluster.sh('cat address'),
    ({ stdout }) => stdout !== '',
  );
  let count = FLOOD;
  const flood = await cluster.run(['python3', 'junk.py', '0', String(count)]);
  t.deepEqual([flood.stderr, flood.status], ['', 0]);
  t.is((await cluster.sh(': > read')).status, 0);
  const log = await eventually(
    async () => {
      await cluster.run(['python3', 'junk.py', String(count), String(count + 1)]);
      count += 1;
      return readFileSync(join(cluster.directory, 'log'), 'utf8');
    },
    (text) => text.includes(`junk${count - 1} `),
  );
  const [, before = '', dropped = '', after = ''] =
    /^([\s\S]*)\n\S+ - (\d+) lines dropped: nobody read them\n([\s\S]*)$/.exec(log) ?? [];
  const numbers = (text: string) => [...text.matchAll(/junk(\d+) /g)].map(([, n]) => Number(n));
  const [kept, later] = [numbers(before), numbers(after)];
  t.deepEqual(kept, [...kept.keys()]);
  t.true(kept.length > 1_000 && Number(dropped) > 1_000, `${kept.length}, ${dropped}`);
  const next = kept.length + Number(dropped);
  t.deepEqual(
    later,
    Array.from({ length: count - next }, (_, i) => next + i),
  );
});
