/** Containers of a Docker engine, beside Docker's own client on the same engine. */
import { DockerEngine, noEngine } from '../../docker.js';
import type { Cluster, TestDaemon } from '../../host/cluster.js';
import { MIB } from '../../host/memory.js';
import type { Circuit } from '../circuit.js';
import { Figures, programArgv } from '../figures.js';
import { run } from '../run.js';
import { type Group, trial } from '../trial.js';

/** Of one run's output, in bytes. */
const BYTES = 1024 * MIB;
const IMAGE = 'busybox';
/** As the engine's own start is: with a network namespace. */
const NETWORK = 'none';
/** How long one run may take, in milliseconds. */
const LIMIT_MS = 120_000;

/** A member that makes containers, and a program that uses its library. */
interface Maker {
  readonly daemon: TestDaemon;
  readonly library: Figures;
}

/** None, with a line that says why, where there is no engine. */
export async function containerGroups(cluster: Cluster): Promise<Group[]> {
  const reason = await noEngine();
  if (reason !== undefined) {
    process.stdout.write(`without the rows of containers: ${reason}\n`);
    return [];
  }
  let starting: Promise<DockerEngine> | undefined;
  const engine = () => {
    starting ??= DockerEngine.start(cluster, 'bench-docker');
    return starting;
  };
  const makers = new Map<Circuit, Promise<Maker>>();
  const makerOf = (circuit: Circuit) => {
    const maker = makers.get(circuit) ?? makeMaker(cluster, circuit, engine);
    makers.set(circuit, maker);
    return maker;
  };
  const byDocker = async (...args: readonly string[]) => {
    const { environment } = await engine();
    const argv = ['docker', 'run', '--rm', '--network', NETWORK, ...args];
    const options = { env: environment, timeout: LIMIT_MS };
    return (await run(cluster, ['sh', '-c', '"$@" > /dev/null', 'sh', ...argv], options)).elapsed;
  };
  const log = ['--log-driver', 'none'];
  return [
    {
      trials: [
        trial(
          'a container made, run, waited for and removed, library',
          'ms',
          async (circuit) => (await makerOf(circuit)).library.ask('container'),
          'at most 1.1 × docker run --rm',
        ),
        trial(
          'a container made, run, waited for and removed, by files',
          'ms',
          async (circuit) => byFiles(circuit, await makerOf(circuit), ['true']),
          'at most 1.1 × docker run --rm',
        ),
      ],
      yardsticks: [
        {
          row: { name: 'docker run --rm', unit: 'ms' },
          measure: () => byDocker(...log, IMAGE, 'true'),
        },
      ],
      warmUps: 2,
      repeats: 3,
    },
    {
      trials: [
        trial('1 GiB of a container’s output, by cat on the mount', 'MB/s', async (circuit) => {
          const maker = await makerOf(circuit);
          const head = ['head', '-c', String(BYTES), '/dev/zero'];
          return perSecond(await byFiles(circuit, maker, head, 'cat c/stdout > /dev/null && '));
        }),
      ],
      yardsticks: [
        {
          row: { name: 'docker run --rm of the same', unit: 'MB/s' },
          measure: async () =>
            perSecond(await byDocker(...log, IMAGE, 'head', '-c', String(BYTES), '/dev/zero')),
        },
      ],
      warmUps: 0,
      slow: true,
    },
  ];
}

async function makeMaker(
  cluster: Cluster,
  circuit: Circuit,
  engine: () => Promise<DockerEngine>,
): Promise<Maker> {
  const { socket } = await engine();
  const daemon = await circuit.start('--docker', socket);
  const argv = programArgv('containers.js', circuit.build.library, daemon.address, IMAGE, NETWORK);
  return { daemon, library: Figures.start(cluster, argv) };
}

/** In milliseconds. @param between Shell that reads its output. */
async function byFiles(
  circuit: Circuit,
  { daemon }: Maker,
  [Path = '', ...Args]: readonly string[],
  between = '',
): Promise<number> {
  const json = JSON.stringify({ Image: IMAGE, Network: NETWORK, Path, Args });
  const script = `mkdir -p c && echo '${json}' > c/mkdkr && ${between}cat c/wait > /dev/null && echo > c/scrub`;
  const options = { cwd: `${daemon.mountpoint}/.self`, timeout: LIMIT_MS };
  return (await run(circuit.cluster, ['sh', '-c', script], options)).elapsed;
}

function perSecond(milliseconds: number): number {
  return BYTES / 1000 / milliseconds;
}
