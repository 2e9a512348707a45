import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Address } from '../../src/base/address.js';
import { CIRCUIT_ENV, Cluster, eventually, type RunOptions, type TestDaemon } from './cluster.js';
import { OurServer } from './name-servers.js';
import { nameOf } from './network.js';

const ZONE = 'circuit.internal';
const AT = '127.0.0.53';

/**
 * A first member, `web1` at 127.0.0.11, that has a name server with the names of all members.
 * @param hmac Whether the daemons have a cluster key.
 */
async function named(t: ExecutionContext, { hmac = false } = {}) {
  const cluster = new Cluster(t);
  const netns = await cluster.namespace();
  const key = join(cluster.directory, 'key');
  if (hmac) await cluster.sh(`"$NODE" "$CIRCUIT" keygen > ${key}`, { env: CIRCUIT_ENV });
  const start = (hostname: string, host: string, options: RunOptions = {}, ...more: string[]) => {
    const args = ['-a', `${host}:0`, ...(hmac ? ['--hmac', key] : []), ...more];
    return cluster.startWith({ netns, hostname, ...options }, ...args);
  };
  const first = await start('web1', '127.0.0.11');
  const anchor = join(first.mountpoint, await nameOf(first), 'names');
  const json = JSON.stringify({ Listen: `${AT}:53`, Members: ZONE });
  const made = await cluster.sh(`mkdir ${anchor} && echo '${json}' > ${anchor}/mkdns`);
  t.is(made.stderr, '');
  const server = new OurServer(cluster, anchor, { address: AT, port: 53, netns });
  /** What dig prints for each of these, sorted; of a service host and port. */
  const addresses = async (...questions: readonly string[]) => {
    const answers = await server.ask(questions.map((each) => each.replace(/^\S+/, `$&.${ZONE}`)));
    return answers.map(({ status, answer }) => {
      const data = answer.map((record) => record.replace(/^\S+ \d+ IN \S+ /, '')).sort();
      return data.length === 0 ? status : data.join(' ');
    });
  };
  return { cluster, netns, first, start, server, addresses };
}

function portOf({ address }: TestDaemon): number {
  return Address.parse(address).port;
}

test('members have names while they are there: A and AAAA by host and by member, SRV of all', async (t) => {
  const { first, start, server, addresses } = await named(t);
  t.deepEqual(await addresses('web1', 'WEB1', 'db1'), ['127.0.0.11', '127.0.0.11', 'NXDOMAIN']);
  // A join has returned when both know each other: so the names are there at once.
  const db = await start('db1.example.com', '127.0.0.12');
  const twin = await start('web1', '[::1]');
  for (const each of [db, twin]) {
    await server.sh(`echo '${each.address}' > ${first.mountpoint}/.self/join`);
  }
  const [web, dbName, twinName] = [await nameOf(first), await nameOf(db), await nameOf(twin)];
  t.deepEqual(
    await addresses(
      'db1',
      'db1 AAAA',
      'web1 A',
      'web1 AAAA',
      `${twinName} AAAA`,
      `${dbName} A`,
      'nobody',
    ),
    ['127.0.0.12', 'NOERROR', '127.0.0.11', '::1', '::1', '127.0.0.12', 'NXDOMAIN'],
  );
  const service = `_circuit._tcp.${ZONE} SRV`;
  const { answer, additional, authority } = await server.askOne(service);
  const targets = answer.map((record) => record.split(' ').slice(6));
  const known = new Map(additional.map((record) => [record.split(' ')[0], record.split(' ')[4]]));
  t.deepEqual(authority, []);
  t.deepEqual(
    targets.map(([port, host]) => `${known.get(host)} ${port}`).sort(),
    [`127.0.0.11 ${portOf(first)}`, `127.0.0.12 ${portOf(db)}`, `::1 ${portOf(twin)}`].sort(),
    'the hosts that it names are sent with it, and are there',
  );
  const records = (await server.sh('cat records')).stdout;
  for (const name of [web, dbName, twinName]) t.true(records.includes(`${name}.${ZONE}.`), name);
  // One that leaves, and one that dies.
  t.is((await server.sh(`echo > ${db.mountpoint}/.self/leave`)).status, 0);
  twin.process.kill('SIGKILL');
  await eventually(
    () => addresses('db1', 'web1 AAAA', `${dbName} A`, `${twinName} AAAA`),
    (seen) => `${seen}` === 'NXDOMAIN,NOERROR,NXDOMAIN,NXDOMAIN',
  );
  t.is((await server.askOne(service)).answer.length, 1);
});

test('records that are set stand beside the names of members', async (t) => {
  const { server, addresses } = await named(t);
  await server.setAll([`db.${ZONE}. 60 A 192.0.2.1`, `shop.${ZONE}. CNAME web1.${ZONE}.`]);
  t.deepEqual(await addresses('db', 'shop', 'web1', 'x.db'), [
    '192.0.2.1',
    `127.0.0.11 web1.${ZONE}.`,
    '127.0.0.11',
    'NXDOMAIN',
  ]);
  t.is((await server.sh(`echo db.${ZONE} > unset`)).status, 0);
  t.deepEqual(await addresses('db'), ['NXDOMAIN']);
  const refused = await server.sh(`/bin/echo web1.${ZONE} > unset; cat error`);
  t.regex(refused.stderr, /Operation not permitted/);
  t.deepEqual(await addresses('web1'), ['127.0.0.11']);
});

test('a daemon with the cluster key joins by the name that a member gives: -j circuit.internal', async (t) => {
  const { cluster, first, start } = await named(t, { hmac: true });
  const resolvConf = join(cluster.directory, 'resolv.conf');
  writeFileSync(resolvConf, `nameserver ${AT}\noptions timeout:20 attempts:1\n`);
  const second = await start('db1', '127.0.0.12', { resolvConf }, '--no-mount', '-j', ZONE);
  await eventually(
    () => cluster.sh(`cat ${first.mountpoint}/X*/peek`),
    ({ stdout }) => /"Host": "db1"/.test(stdout),
  );
  t.notRegex(second.log(), /is not joined/);
});
