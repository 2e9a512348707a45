/** System calls on four files, served by each host of mount/ and by a C program on libfuse 3. */
import type { Cluster } from '../../host/cluster.js';
import type { Build } from '../build.js';
import { AT_ONCE, type Cost, SimpleFiles, WAITING } from '../simple-files.js';
import { type Group, trial, type Unit, type Yardstick } from '../trial.js';

type Measure = (files: SimpleFiles) => Promise<Cost>;

/** One program calls: the operation of programs/syscalls.ts, and the file. */
const CALLS = [
  ['stat', 'hello', 'stat', undefined, undefined],
  ['lookup', 'nothing', 'failed lookup', undefined, 'at most 1.6 × libfuse 3'],
  ['open', 'hello', 'open+read+close', 'at most 0.33 × fuse-native', undefined],
  ['readdir', '', 'readdir, unchanged', 'at most 0.067 × fuse-native', undefined],
  ['read of 4 KiB', 'source', 'read of 4 KiB', undefined, 'at most 1.6 × libfuse 3'],
  ['read of 1 MiB', 'source', 'read of 1 MiB', undefined, undefined],
  ['write of 4 KiB', 'sink', 'write of 4 KiB', 'at most 0.5 × fuse-native', undefined],
  ['write of 1 MiB', 'sink', 'write of 1 MiB', undefined, undefined],
] as const;

/** @param build Of which the yardstick on fuse-native is. */
export function mountGroups(cluster: Cluster, build: Build): Group[] {
  const native = new Map<Build, Promise<SimpleFiles>>();
  const others = {
    'fuse-native': () => SimpleFiles.mount(cluster, build, 'fuse-native'),
    'libfuse 3': () => SimpleFiles.mountLibfuse3(cluster),
  };
  const running = new Map<string, Promise<SimpleFiles>>();
  const by = (host: keyof typeof others) => kept(running, host, others[host]);

  /** One figure of a call, on each; the first of the hosts is what the figures are multiples of. */
  function group(
    hosts: readonly (keyof typeof others)[],
    [name, unit, figure]: readonly [string, Unit, keyof Cost],
    measure: Measure,
    goal?: string,
  ): Group {
    const ours = trial(
      name,
      unit,
      async ({ build }) => {
        const files = kept(native, build, () => SimpleFiles.mount(cluster, build, 'native'));
        return (await measure(await files))[figure];
      },
      goal,
    );
    const yardsticks = hosts.map(
      (host): Yardstick => ({
        row: { name: `${name}, ${host}`, unit },
        measure: async () => (await measure(await by(host)))[figure],
      }),
    );
    return { trials: [ours], yardsticks, warmUps: 1 };
  }

  const ofTime = ['fuse-native', 'libfuse 3'] as const;
  const ofCpu = ['libfuse 3', 'fuse-native'] as const;
  return [
    ...CALLS.flatMap(([operation, file, name, timeGoal, cpuGoal]) => {
      const measure: Measure = (files) => files.call(operation, file);
      return [
        group(ofTime, [`host: ${name}`, 'µs', 'time'], measure, timeGoal),
        // A listing that has not changed is the kernel's affair.
        ...(operation === 'readdir'
          ? []
          : [group(ofCpu, [`host: ${name}, its processor`, 'µs', 'cpu'], measure, cpuGoal)]),
      ];
    }),
    group(
      ofTime,
      [`host: open+read+close, ${AT_ONCE} programs at once`, '/s', 'rate'],
      (files) => files.callAtOnce('open', 'hello'),
      'at least 2 × fuse-native',
    ),
    {
      ...group(
        ofTime,
        [`host: open+read+close, beside ${WAITING} blocked readers`, 'µs', 'time'],
        (files) => files.callBesideWaiting('open', 'hello'),
      ),
      warmUps: 0,
    },
  ];
}

/** The value that the map has; else the one that `make` gives. */
function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const has = map.get(key);
  if (has !== undefined) return has;
  const made = make();
  map.set(key, made);
  return made;
}
