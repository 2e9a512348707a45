import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Address } from '../../src/base/address.js';
import { dial } from '../../src/client/index.js';
import { generateClusterKey, readClusterKey } from '../../src/transport/cluster-keys.js';
import { introduce } from '../../src/transport/introduction.js';
import { Cluster, type TestDaemon } from './cluster.js';
import { areOne } from './multicast.js';

/** A daemon and its own file of keys. */
interface Keyed {
  readonly daemon: TestDaemon;
  readonly file: string;
}

function keyFile(cluster: Cluster, name: string, keys: readonly string[]): string {
  const file = join(cluster.directory, name);
  writeFileSync(file, `${keys.join('\n')}\n`, { mode: 0o600 });
  return file;
}

async function start(
  cluster: Cluster,
  name: string,
  keys: readonly string[],
  ...options: readonly string[]
): Promise<Keyed> {
  const file = keyFile(cluster, name, keys);
  return { daemon: await cluster.start('--hmac', file, ...options), file };
}

/** Writes the daemon's file of keys, and has it read. */
async function give(
  t: ExecutionContext,
  cluster: Cluster,
  { daemon, file }: Keyed,
  keys: readonly string[],
) {
  writeFileSync(file, `${keys.join('\n')}\n`);
  const reload = await cluster.sh(`echo > ${daemon.mountpoint}/.self/reload`);
  t.is(reload.status, 0, reload.stderr);
}

test('a key is replaced on a running cluster: it stays one network, and the old key then opens nothing', async (t) => {
  const cluster = new Cluster(t);
  const [old, fresh] = [generateClusterKey(), generateClusterKey()];
  const a = await start(cluster, 'a', [old]);
  const b = await start(cluster, 'b', [old], '-j', a.daemon.address);
  const all = [a, b];
  const channel = `${a.daemon.mountpoint}/.self/c`;
  t.is((await cluster.sh(`mkdir ${channel} && echo 9 > ${channel}/mkchan`)).status, 0);
  const name = (await cluster.sh(`readlink ${a.daemon.mountpoint}/.self`)).stdout.trim();
  let sent = 0;
  /** All are one network, and talk to each other: over what stands, and as a program with this key does. */
  const isWell = async (key: string) => {
    await areOne(all.map(({ daemon }) => daemon));
    const clusterKey = readClusterKey(keyFile(cluster, 'command', [key]));
    for (const { daemon } of all) {
      await using client = await dial(daemon.address, { clusterKey });
      t.is(client.members().length, all.length);
    }
    sent += 1;
    const far = `${b.daemon.mountpoint}/${name}/c`;
    const passed = await cluster.sh(`echo ${sent} > ${far}/send && cat ${channel}/recv`);
    t.is(passed.stdout, `${sent}\n`, passed.stderr);
  };
  await isWell(old);
  // One after the other, as one does it.
  for (const each of all) await give(t, cluster, each, [old, fresh]);
  await isWell(old);
  for (const each of [...all]) {
    await give(t, cluster, each, [fresh, old]);
    if (each !== a) continue;
    // Some use the new key, others the old one; one that joins meets both.
    all.push(await start(cluster, 'c', [fresh, old], '-j', b.daemon.address));
    await isWell(old);
  }
  await isWell(fresh);
  for (const each of all) await give(t, cluster, each, [fresh]);
  await isWell(fresh);
  all.push(await start(cluster, 'd', [fresh], '-j', a.daemon.address));
  await isWell(fresh);
  const retired = readClusterKey(keyFile(cluster, 'retired', [old]));
  for (const { daemon } of all) {
    const address = Address.parse(daemon.address);
    await t.throwsAsync(dial(address, { clusterKey: retired }), { code: 'EACCES' });
    await t.throwsAsync(introduce(address, retired), { code: 'EACCES' });
    t.is(String(await introduce(address, readClusterKey(a.file))), daemon.address);
    t.is(
      daemon.log().match(/ refused: 1 handshake with an unknown key, from 127\.0\.0\.1$/gm)?.length,
      1,
    );
  }
  t.regex(
    a.daemon.log(),
    new RegExp(`the cluster key in ${a.file} is [0-9a-f]{8}, and [0-9a-f]{8} is accepted$`, 'm'),
  );
});

test('a bad file of keys changes nothing, and the error tells the line; so does the command', async (t) => {
  const cluster = new Cluster(t);
  const key = generateClusterKey();
  const { daemon, file } = await start(cluster, 'a', [key]);
  writeFileSync(file, `${key}\n# the next\n${key.slice(1)}\n`);
  const self = `${daemon.mountpoint}/.self`;
  // A key that is written there by mistake does not get into the log.
  const reload = await cluster.sh(`/bin/echo '${key}' > ${self}/reload; cat ${self}/error`);
  t.regex(reload.stderr, /Invalid argument/);
  t.true(reload.stdout.startsWith(`line 3 of ${file} is not a cluster key`), reload.stdout);
  t.false(daemon.log().includes(key));
  const good = keyFile(cluster, 'good', [key]);
  const circuit = (...args: string[]) =>
    cluster.circuit([...args, '-d', daemon.address, '--hmac', good]);
  const name = (await circuit('ls')).stdout.trim();
  const failed = await circuit('reload', name);
  t.deepEqual([failed.status, failed.stdout], [1, '']);
  t.regex(failed.stderr, /^circuit: line 3 of \S+ is not a cluster key/);
  writeFileSync(file, `${key}\n`);
  t.is((await circuit('reload', name)).status, 0);
});

test('a daemon without a cluster key has none to read again', async (t) => {
  const cluster = new Cluster(t);
  const { mountpoint } = await cluster.start();
  const reload = await cluster.sh(`cd ${mountpoint}/.self; /bin/echo > reload; cat error`);
  t.regex(reload.stderr, /ot supported/);
  t.is(reload.stdout, 'this daemon was started without a file of cluster keys (--hmac FILE)\n');
});
