import test, { type ExecutionContext } from 'ava';
import { VERSION } from '../../src/base/version.js';
import { Cluster, type TestDaemon } from './cluster.js';
import { areOne } from './multicast.js';

/** A network of daemons whose hosts have these names; without mounts, unless wanted. */
async function network(t: ExecutionContext, ...hostnames: readonly string[]) {
  const cluster = new Cluster(t);
  const daemons: TestDaemon[] = [];
  for (const hostname of hostnames) {
    const joins = daemons.slice(0, 1).flatMap(({ address }) => ['-j', address]);
    daemons.push(await cluster.startWith({ hostname }, ...joins));
  }
  await areOne(daemons);
  const names = new Map<string, string>();
  for (const [i, { mountpoint }] of daemons.entries()) {
    const { stdout } = await cluster.sh(`readlink ${mountpoint}/.self`);
    names.set(hostnames[i] ?? '', stdout.trim());
  }
  return { cluster, daemons, names };
}

test('ls -l and ls -j tell members apart by host name, address and version', async (t) => {
  // Linux takes any bytes for a host name.
  const hostnames = ['web1', 'db-primary.example.com', 'Web1', 'bad/../name'];
  const { cluster, daemons, names } = await network(t, ...hostnames);
  const shown = [...names].map(([hostname, name]) => {
    return { name, host: hostname.includes('/') ? undefined : hostname };
  });
  shown.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { address } of daemons) {
    const long = await cluster.circuit(['ls', '-l', '-d', address]);
    const width = 'db-primary.example.com'.length;
    const lines = shown.map(
      ({ name, host = '-' }) => `alive   /${name}  ${host.padEnd(width)}  127.0.0.1  ${VERSION}\n`,
    );
    t.is(long.stdout, lines.join(''));
    const json = await cluster.circuit(['ls', '-json', '-d', address]);
    t.notRegex(`${long.stdout}${json.stdout}`, /Q[0-9a-f]{32}/);
    const members = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const AddrHost = '127.0.0.1';
    for (const [i, { name, host = null }] of shown.entries()) {
      const { Joined, ...member } = members[i];
      t.true(Date.now() - Date.parse(Joined) < 600_000);
      const named = { Path: `/${name}`, Name: name, Kind: 'member', State: 'alive' };
      t.deepEqual(member, { ...named, Host: host, AddrHost, Version: VERSION });
    }
    t.is(members.length, shown.length);
  }
});

test('ls -j of anchors gives one object a line, with path, name and kind, whatever the names are', async (t) => {
  const { cluster, daemons, names } = await network(t, 'web1');
  const [{ address = '', mountpoint = '' } = {}] = daemons;
  const name = names.get('web1') ?? '';
  const strange = 'a "b"\n\x7f\u009b2J';
  await cluster.run(['mkdir', `${mountpoint}/${name}/${strange}`, `${mountpoint}/${name}/jobs`]);
  await cluster.sh(
    `mkdir ${mountpoint}/${name}/jobs/c; echo 1 > ${mountpoint}/${name}/jobs/c/mkchan`,
  );
  const ls = async (path: string) => {
    const { stdout, status } = await cluster.circuit(['ls', '-j', '-d', address, path]);
    t.is(status, 0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    t.notRegex(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  const anchors = [
    { Path: `/${name}/${strange}`, Name: strange, Kind: null },
    { Path: `/${name}/jobs`, Name: 'jobs', Kind: null },
  ];
  const element = { Path: `/${name}/jobs/c`, Name: 'c', Kind: 'chan' };
  t.deepEqual(await ls(`/${name}`), anchors);
  t.deepEqual(await ls(`/${name}/jobs`), [element]);
  const [member, ...below] = await ls('/...');
  t.like(member, { Path: `/${name}`, Kind: 'member', Host: 'web1' });
  t.deepEqual(below, [...anchors, element]);
});
