import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { type Program, program } from '../../host/channels.js';
import { CIRCUIT_ENV, Cluster, eventually } from '../../host/cluster.js';

/** Two joined daemons without a mount; commands talk to the first, about anchors of each. */
export async function commands(t: ExecutionContext) {
  const cluster = new Cluster(t);
  const a = await cluster.start('--no-mount');
  const own = (await cluster.circuit(['ls', '-d', a.address])).stdout.trim();
  const b = await cluster.start('--no-mount', '-j', a.address);
  const all = await eventually(
    () => cluster.circuit(['ls', '-d', a.address]),
    ({ stdout }) => stdout.split('\n').length === 3,
  );
  const other = all.stdout.split('\n').find((line) => line !== '' && line !== own) ?? '';
  const dialled = ([verb = '', ...args]: readonly string[]) => [verb, '-d', a.address, ...args];
  const circuit = (args: readonly string[], input = '') =>
    cluster.circuit(dialled(args), { input });
  const start = (...args: string[]): Program =>
    program(
      cluster.spawn([CIRCUIT_ENV.NODE, CIRCUIT_ENV.CIRCUIT, ...dialled(args)], {
        env: { DEBUG: 'circuit:select' },
      }),
    );
  const peek = async (path: string) => JSON.parse((await circuit(['peek', path])).stdout);
  return {
    cluster,
    a,
    b,
    channels: [`${own}/x/c`, `${other}/x/c`],
    own,
    other,
    circuit,
    start,
    peek,
  };
}

/** Resolves when a command has connected to the daemon and waits. */
export async function connected({ pid }: Program): Promise<void> {
  await eventually(
    async () => ({
      files: readdirSync(`/proc/${pid}/fd`)
        .filter((fd) => Number(fd) > 2)
        .map((fd) => readLink(`/proc/${pid}/fd/${fd}`)),
      waitsIn: readFileSync(`/proc/${pid}/wchan`, 'utf8'),
    }),
    ({ files, waitsIn }) =>
      files.some((file) => file.startsWith('socket:')) &&
      /^(do_)?ep(oll_wait|_poll)$/.test(waitsIn),
  );
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return 'closed';
  }
}
