import test from 'ava';
import { Cluster } from './cluster.js';
import { Asked, agree, gone, startMany } from './network.js';

test('fifty daemons that are started together with one contact address are one network; when ten end at once the rest is right', async (t) => {
  const cluster = new Cluster(t);
  const contact = await cluster.start('--no-mount');
  const started = performance.now();
  const all = [await Asked.of(contact), ...(await startMany(cluster, contact, 49))];
  const asked = performance.now();
  t.teardown(() => Promise.all(all.map((one) => one[Symbol.asyncDispose]())));
  await agree(all);
  const agreed = performance.now();
  t.log(
    `all list all after ${(agreed - started).toFixed()} ms,`,
    `${(agreed - asked).toFixed()} ms after the last had started`,
  );
  // The contact among them.
  const killed = all.filter((_, i) => i % 5 === 0);
  const left = all.filter((one) => !killed.includes(one));
  for (const { daemon } of killed) daemon.process.kill('SIGKILL');
  const before = performance.now();
  await agree(left);
  t.log(`gone after ${(performance.now() - before).toFixed()} ms`);
  const names = killed.map(({ name }) => name).sort();
  const staying = new Set(all.map(({ name }) => name));
  for (const { daemon } of left) {
    t.deepEqual(gone(daemon, 'failed'), names);
    t.false(gone(daemon, 'left').some((name) => staying.has(name)));
  }
});
