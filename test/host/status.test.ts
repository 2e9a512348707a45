import { once } from 'node:events';
import test from 'ava';
import { Address } from '../../src/base/address.js';
import { CIRCUIT_ENV, Cluster, eventually, exitOf } from './cluster.js';

/** Until the end of `circuit status` in any case, in milliseconds. */
const LIMIT = 5_000;

test('circuit status tells whether a daemon is well, exits with 0 or 1, and never hangs', async (t) => {
  const cluster = new Cluster(t);
  const daemon = await cluster.start();
  const status = (...more: string[]) => cluster.circuit(['status', '-d', daemon.address, ...more]);
  const first = ({ stdout }: { readonly stdout: string }) => stdout.split('\n')[0] ?? '';

  const well = await status();
  t.is(first(well), 'well');
  t.deepEqual([well.status, well.stderr], [0, '']);
  t.true(well.stdout.includes(`${daemon.mountpoint}, which answers`));
  t.false(well.stdout.includes('/Q'), 'the address is a secret');

  await cluster.sh(`echo junk > ${daemon.mountpoint}/.self/join`);
  const { stdout: printed } = await status('-j');
  t.false(printed.includes(Address.parse(daemon.address).secret));
  const json = JSON.parse(printed);
  t.like(json, { Well: true, Reasons: [], Mount: { Path: daemon.mountpoint, Answers: true } });
  t.like(json.Daemon, { Pid: daemon.pid });
  t.regex(json.Errors[0].What, /join junk: EINVAL/);

  // A mount that hangs covers the daemon's.
  const directory = cluster.mkdir('other');
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const mount = cluster.spawn([NODE, CIRCUIT, 'mount', '-d', daemon.address, directory]);
  if (mount.stdout) await once(mount.stdout, 'data');
  await cluster.run(['mount', '--bind', directory, daemon.mountpoint]);
  mount.kill('SIGSTOP');
  try {
    const hung = await status();
    const wrong = `its mount on ${daemon.mountpoint} does not answer within 1 s`;
    t.deepEqual([first(hung), hung.status], [`not well: ${wrong}`, 1]);
    t.true(hung.elapsed < LIMIT, `${hung.elapsed} ms`);
  } finally {
    await cluster.run(['umount', '--lazy', daemon.mountpoint]);
    mount.kill('SIGCONT');
    mount.kill('SIGTERM');
    await exitOf(mount);
  }

  // A member that hangs is not asked.
  const other = await cluster.start('--no-mount', '-j', daemon.address);
  other.process.kill('SIGSTOP');
  const sick = await eventually(status, ({ status }) => status === 1);
  t.true(sick.elapsed < LIMIT, `${sick.elapsed} ms`);
  t.regex(first(sick), /^not well: /);
  other.process.kill('SIGKILL');

  await cluster.run(['umount', daemon.mountpoint]);
  const unmounted = `it is not mounted: ${daemon.mountpoint} was unmounted`;
  await eventually(status, (seen) => first(seen).includes(unmounted));

  const { authority } = Address.parse(daemon.address);
  daemon.process.kill('SIGSTOP');
  const silent = await status();
  t.deepEqual(
    [silent.stdout, silent.status],
    [`not well: ${authority} did not answer within 3 s\n`, 1],
  );
  t.true(silent.elapsed < LIMIT, `${silent.elapsed} ms`);
  daemon.process.kill('SIGCONT');
  await daemon.stop();
  const gone = await status();
  t.deepEqual([gone.stdout, gone.status], [`not well: nobody listens on ${authority}\n`, 1]);
});
