import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { program } from './channels.js';
import { CIRCUIT_ENV, Cluster, eventually } from './cluster.js';

/**
 * Runs a program on a terminal of its own, passes on what that shows, and closes it at the end of
 * its input; then it prints how the program ended.
 */
const TERMINAL = `
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
while True:
    ready, _, _ = select.select([0, terminal], [], [])
    if 0 in ready and not os.read(0, 1): break
    if terminal in ready: os.write(1, os.read(terminal, 65536))
os.close(terminal)
print('ended with', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`;

/** A line of shell on a terminal that goes away when `ready` holds; gives its exit status. */
async function loseTerminal(cluster: Cluster, line: string, ready: string): Promise<string> {
  const env = { ...CIRCUIT_ENV, DIR: cluster.directory };
  const argv = ['python3', '-c', TERMINAL, 'sh', '-c', `exec "$NODE" "$CIRCUIT" ${line}`];
  const terminal = program(cluster.spawn(argv, { env }));
  await eventually(
    () => cluster.sh(ready, { env }),
    ({ status }) => status === 0,
  );
  terminal.process.stdin?.end();
  return (await terminal.stdout).split('ended with ')[1] ?? '';
}

for (const [what, redirections] of [
  ['all of its streams', ''],
  ['its input', '> $DIR/out 2> $DIR/err'],
  ['its log', '< /dev/null > $DIR/out'],
] as const) {
  test(`a daemon that loses the terminal on ${what} ends in order, with 0`, async (t) => {
    const cluster = new Cluster(t);
    const directory = cluster.mkdir('mounted');
    const start = `start -a 127.0.0.1:0 -m $DIR/mounted ${redirections}`;
    t.is(await loseTerminal(cluster, start, 'readlink $DIR/mounted/.self'), '0\n');
    t.is((await cluster.sh(`grep -c ' ${directory} ' /proc/self/mountinfo`)).stdout, '0\n');
    if (redirections.includes('err')) {
      t.regex(readFileSync(join(cluster.directory, 'err'), 'utf8'), /ended\n$/);
    }
  });
}

test('a command that loses its terminal ends as it does on any HUP', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start('--no-mount');
  const name = (await cluster.circuit(['ls', '-d', address])).stdout.trim();
  cluster.mkdir('mounted');
  const mount = `mount -d ${address} $DIR/mounted 2> $DIR/err`;
  t.is(await loseTerminal(cluster, mount, 'readlink $DIR/mounted/.self'), '0\n');
  t.is(readFileSync(join(cluster.directory, 'err'), 'utf8'), '');
  // When exec passes on what it prints, exec passes on signals, too.
  const exec = `exec -d ${address} ${name}/p -- sh -c "echo runs >&2; sleep 1000" 2> $DIR/err`;
  t.is(await loseTerminal(cluster, exec, '[ -s $DIR/err ]'), '129\n');
  t.is(readFileSync(join(cluster.directory, 'err'), 'utf8'), 'runs\n');
});
