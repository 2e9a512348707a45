import test from 'ava';
import { Cluster } from './cluster.js';

test('a program that takes too long is killed with those that it has started, and the failure tells what it had printed', async (t) => {
  const cluster = new Cluster(t);
  const running = cluster.sh('echo $$; sleep 1000 | cat; echo never', { timeout: 3_000 });
  const { message } = await t.throwsAsync(running, { message: /^not within 3000 ms: sh -c echo/ });
  const group = /had printed \["(\d+)\\n",""\]$/.exec(message)?.[1];
  const left = await cluster.sh(`ps -o stat=,args= -g ${group} | grep -v ^Z`);
  t.deepEqual([left.stdout, left.status], ['', 1]);
});

test('so is one whose output is held by what it has left in the background', async (t) => {
  const cluster = new Cluster(t);
  const running = cluster.sh('sleep 1000 & echo begun', { timeout: 3_000 });
  await t.throwsAsync(running, { message: /had printed \["begun\\n",""\]$/ });
});

test('an event that a daemon does not live to see fails with its log', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start('--no-mount');
  const never = daemon.until(new Promise(() => {}));
  await daemon.stop();
  await t.throwsAsync(never, { message: /^the daemon ended \(0\): [\s\S]* ended/ });
});
