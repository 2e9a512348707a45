/**
 * `npm run bench`: medians of what a user waits for, beside yardsticks. Each row is printed when it
 * has been measured.
 *
 *   --against DIR   another build, in the checkout DIR, in turn with this one: both medians, the
 *                   ratio of the medians (above 1 is better for this build, whatever the unit),
 *                   and between which two the middle half of the rounds' ratios lies
 *   --rows PATTERN  only what has a row whose name matches this regular expression
 *   --rounds N      how often each is measured; 5 if not given
 *
 * Every build is used from outside alone, by its command, its mount and its library, so that
 * builds with another inside can be measured by the same code. Two builds never talk to each
 * other: each has daemons of its own. docs/benchmarks.md says what the rows mean.
 *
 * Needs root, and what test/provision.sh installs. Interrupted, it leaves nothing behind: see
 * test/janitor.sh.
 */
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Cluster } from '../host/cluster.js';
import { bareRpc } from './bare-rpc.js';
import { buildIn, describe } from './build.js';
import { Circuit } from './circuit.js';
import { inTurn } from './in-turn.js';
import { Report } from './report.js';
import { byteGroups } from './rows/bytes.js';
import { containerGroups } from './rows/containers.js';
import { fileGroups } from './rows/files.js';
import { messageGroups } from './rows/messages.js';
import { mountGroups } from './rows/mounts.js';
import { nameServerGroups } from './rows/name-servers.js';
import { networkGroups } from './rows/network.js';
import { processGroups } from './rows/processes.js';
import { memoryGroup, restGroup } from './rows/rest.js';
import type { Group } from './trial.js';

const ROUNDS = 5;

const { values: options } = parseArgs({
  options: {
    against: { type: 'string' },
    rows: { type: 'string' },
    rounds: { type: 'string', default: String(ROUNDS) },
  },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1 up');
const pattern = new RegExp(options.rows ?? '', 'i');

const own = buildIn(join(import.meta.dirname, '../../..'));
const builds = [own];
if (options.against !== undefined) builds.push(buildIn(options.against));

const ends: (() => unknown)[] = [];
const cluster = new Cluster({ teardown: (end) => ends.push(end) });
try {
  await measure(await chosenGroups());
} finally {
  for (const end of ends.reverse()) await end();
}

/** In each group the trials that have been asked for. */
async function chosenGroups(): Promise<Group[]> {
  const bare = bareRpc(cluster);
  const groups = [
    restGroup(cluster),
    ...fileGroups(cluster),
    ...mountGroups(cluster, own),
    ...messageGroups(bare),
    ...byteGroups(cluster, bare),
    ...processGroups(cluster),
    ...(await containerGroups(cluster)),
    memoryGroup(),
    ...nameServerGroups(cluster),
    ...networkGroups(cluster),
  ];
  const isLeftOut = ({ slow }: Group) => slow && builds.length > 1 && options.rows === undefined;
  return groups.flatMap((group) => {
    const trials = group.trials.filter(({ rows }) => rows.some(({ name }) => pattern.test(name)));
    return trials.length === 0 || isLeftOut(group) ? [] : [{ ...group, trials }];
  });
}

async function measure(groups: readonly Group[]): Promise<void> {
  const rowsOf = ({ trials, yardsticks = [] }: Group) => [
    ...trials.flatMap(({ rows }) => rows),
    ...yardsticks.map(({ row }) => row),
  ];
  const [ownName = '', other] = builds.map(describe);
  const [cpu] = cpus();
  const machine = [process.version, `Linux ${release()}`, `${cpus().length} × ${cpu?.model}`];
  process.stdout.write(
    `${new Date().toISOString()}, ${machine.join(', ')}\nthis build: ${ownName}\n`,
  );
  if (other) process.stdout.write(`the other: ${other}\n`);

  const circuits: Circuit[] = [];
  for (const build of builds) circuits.push(await Circuit.start(cluster, build));
  const report = new Report(groups.flatMap(rowsOf), builds.length > 1);
  for (const group of groups) {
    try {
      const times = group.slow ? 1 : rounds * (group.repeats ?? 1);
      const measured = await inTurn(group, circuits, times);
      report.print(measured);
      if (measured.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
    } catch (error) {
      process.exitCode = 1;
      const names = group.trials.flatMap(({ rows }) => rows.map(({ name }) => name));
      report.printFailure(names, error);
    }
  }
  if (report.below.length > 0) {
    process.stdout.write(`\nslower than the other build:\n${report.below.join('\n')}\n`);
  }
}
