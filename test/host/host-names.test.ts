import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { VERSION } from '../../src/base/version.js';
import { CIRCUIT_ENV, Cluster, type TestDaemon } from './cluster.js';
import { areOne } from './multicast.js';

/** A network of daemons whose hosts have these names, each with its mount. */
async function network(t: ExecutionContext, ...hostnames: readonly string[]) {
  const cluster = new Cluster(t);
  const daemons: TestDaemon[] = [];
  const names: string[] = [];
  const add = async (hostname: string) => {
    const joins = daemons.slice(0, 1).flatMap(({ address }) => ['-j', address]);
    const daemon = await cluster.startWith({ hostname }, ...joins);
    daemons.push(daemon);
    const name = (await cluster.sh(`readlink ${daemon.mountpoint}/.self`)).stdout.trim();
    names.push(name);
    return { daemon, name };
  };
  for (const hostname of hostnames) await add(hostname);
  await areOne(daemons);
  const [first] = daemons;
  if (!first) throw new Error('there is a daemon');
  return { cluster, first, daemons, names, add };
}

/** The links of a mount, each with its target. */
async function links(daemon: TestDaemon): Promise<Record<string, string>> {
  const directory = `${daemon.mountpoint}/.hosts`;
  const found = (await readdir(directory)).sort();
  const targets = found.map(async (name) => [name, await readlink(`${directory}/${name}`)]);
  return Object.fromEntries(await Promise.all(targets));
}

test('ls -l and ls -j tell members apart by host name, address and version', async (t) => {
  // Linux takes any bytes for a host name.
  const hostnames = ['web1', 'db-primary.example.com', 'Web1', 'bad/../name'];
  const { cluster, daemons, names } = await network(t, ...hostnames);
  const shown = hostnames.map((hostname, i) => {
    return { name: names[i] ?? '', host: hostname.includes('/') ? undefined : hostname };
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
  const { cluster, first, names } = await network(t, 'web1');
  const { address, mountpoint } = first;
  const [name = ''] = names;
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

test('a member is reached by its host name, from every mount, also by a path that goes on', async (t) => {
  const { cluster, first, daemons, names } = await network(t, 'web1', 'db.example.com');
  const [web = '', db = ''] = names;
  const client = cluster.mkdir('client');
  const mount = cluster.spawn([
    process.execPath,
    CIRCUIT_ENV.CIRCUIT,
    'mount',
    '-d',
    first.address,
    client,
  ]);
  await once(mount.stdout ?? mount, 'data');
  await cluster.sh(`mkdir ${first.mountpoint}/${web}/jobs`);
  for (const mountpoint of [...daemons.map((daemon) => daemon.mountpoint), client]) {
    const sh = (script: string) => cluster.sh(script, { cwd: mountpoint });
    t.is(
      (await sh('ls; ls .hosts')).stdout,
      `${names.slice().sort().join('\n')}\ndb.example.com\nweb1\n`,
    );
    const peek = JSON.parse((await sh('cat .hosts/web1/peek')).stdout);
    t.like(peek, { Name: web, Host: 'web1' });
    t.is(
      (await sh('ls -d .hosts/web1/jobs; cd .hosts/db.example.com; pwd -P')).stdout,
      `.hosts/web1/jobs\n${mountpoint}/${db}\n`,
    );
    t.is((await sh('readlink .hosts/*')).stdout, `../${db}\n../${web}\n`);
    t.regex(
      (await sh('ls -lA .hosts; cat .help')).stdout,
      / web1 -> \.\.\/X.*cat \.hosts\/web1\/peek/s,
    );
    t.is(
      (await sh('cat .hosts/web2/peek')).stderr,
      'cat: .hosts/web2/peek: No such file or directory\n',
    );
  }
  const refused = [
    ['mkdir .hosts/web3', /Operation not permitted/],
    ['rmdir .hosts', /Operation not permitted/],
    ['rm .hosts/web1', /Operation not permitted|Function not implemented/],
    ['ln -s ../X .hosts/web3', /Operation not permitted|Function not implemented/],
    ['echo > .hosts/web3', /Operation not permitted|cannot create/],
    ['mv .hosts/web1 .hosts/web3', /Operation not permitted|Function not implemented/],
  ] as const;
  for (const [script, complaint] of refused) {
    const { status, stderr } = await cluster.sh(script, { cwd: first.mountpoint });
    t.not(status, 0, script);
    t.regex(stderr, complaint);
  }
  t.deepEqual(await links(first), { web1: `../${web}`, 'db.example.com': `../${db}` });
});

test('commands take /.hosts/NAME and /.self in a path, as a mount does', async (t) => {
  const { cluster, first, names, daemons, add } = await network(t, 'web1', 'db1');
  const [web = '', db = ''] = names;
  const circuit = async (verb: string, ...args: string[]) => {
    const { stdout, stderr } = await cluster.circuit([verb, '-d', first.address, ...args]);
    return stdout || stderr;
  };
  t.is(await circuit('ls', '/.hosts'), '/.hosts/db1\n/.hosts/web1\n');
  t.regex(await circuit('ls', '-l', '/.hosts/'), /^alive +\/\.hosts\/db1 +db1 .*\n.*\n$/);
  t.is(await circuit('mkchan', '/.hosts/db1/jobs', '1'), '');
  t.is(await circuit('ls', '/.hosts/...'), `/.hosts/db1\n/${db}/jobs\n/.hosts/web1\n`);
  t.is(await circuit('ls', '/.hosts/db1'), `/${db}/jobs\n`);
  t.is(await circuit('cap', '/.hosts/db1/jobs'), '1\n');
  t.is(await circuit('select', '/.hosts/db1/jobs/send'), '/.hosts/db1/jobs/send\n');
  t.is(await circuit('exec', '-n', '/.hosts/db1/p', '--', 'echo', 'here'), 'here\n');
  t.is(JSON.parse(await circuit('peek', '/.self')).Name, web);
  t.is(JSON.parse(await circuit('peers', '/.hosts/db1')).Active.length, 1);
  t.is(
    await circuit('leave', '/.hosts/db1/jobs'),
    'circuit: /.hosts/db1/jobs is not a member; circuit ls / lists them\n',
  );
  t.is(
    await circuit('scrub', '/.hosts/db1'),
    'circuit: /.hosts/db1 is not an anchor, as in /X…/a\n',
  );
  t.is(
    await circuit('mkdir', '/.hosts'),
    'circuit: /.hosts is neither a member, /X…, nor an anchor, /X…/a\n',
  );
  t.regex(
    await circuit('peek', '/.hosts/db2'),
    /^circuit: there is no member on a host named db2; /,
  );

  const other = await add('db1');
  await areOne(daemons);
  const [one, two] = [db, other.name].sort().map((name) => `db1~${name.slice(0, 5)}`);
  t.is(await circuit('ls', '/.hosts'), `/.hosts/${one}\n/.hosts/${two}\n/.hosts/web1\n`);
  t.is(
    await circuit('peek', '/.hosts/db1'),
    `circuit: several members are on hosts named db1; give one of ${one}, ${two}\n`,
  );
  t.is(await circuit('cap', `/.hosts/db1~${db.slice(0, 5)}/jobs`), '1\n');
});

test('a host name is nobody’s while two have it, and the one’s that is left when the other has gone', async (t) => {
  const { cluster, first, daemons, names, add } = await network(t, 'a', 'web1');
  const [a = '', web = ''] = names;
  const one = { a: `../${a}`, web1: `../${web}` };
  const shown = (name: string) => `web1~${name.slice(0, 5)}`;
  t.deepEqual(await links(first), one);
  // A program that stays in the directory, and has just used the name.
  const use = 'readlink web1 && cat web1/peek > /dev/null';
  const sh = (script: string) => cluster.sh(script, { cwd: `${first.mountpoint}/.hosts` });
  t.is((await sh(use)).stdout, `../${web}\n`);
  for (let round = 0; round < 2; round += 1) {
    const other = await add('web1');
    await areOne(daemons);
    t.deepEqual(await links(first), {
      a: `../${a}`,
      [shown(web)]: `../${web}`,
      [shown(other.name)]: `../${other.name}`,
    });
    for (const script of [use, 'cat web1/peek', 'ls web1/']) t.not((await sh(script)).status, 0);
    t.is((await sh(`cat ${shown(other.name)}/peek | grep -c ${other.name}`)).stdout, '1\n');
    // In order, and by a crash.
    if (round === 0) await other.daemon.stop();
    else await other.daemon.stop('SIGKILL');
    daemons.pop();
    await areOne(daemons);
    t.deepEqual(await links(first), one);
    t.is((await sh(use)).stdout, `../${web}\n`);
    t.not((await sh(`cat ${shown(other.name)}/peek`)).status, 0);
  }
});

test('.hosts is listed and its links are read at once while the members do not answer', async (t) => {
  const { cluster, first, daemons, names } = await network(t, 'a', 'web1', 'web2');
  const others = daemons.slice(1);
  for (const { process } of others) process.kill('SIGSTOP');
  const { stdout, elapsed } = await cluster.sh(
    'ls -l .hosts; readlink .hosts/web2; stat -c %F .hosts/web1',
    {
      cwd: first.mountpoint,
    },
  );
  for (const { process } of others) process.kill('SIGCONT');
  t.regex(
    stdout,
    new RegExp(
      `web1 -> ../${names[1]}\n(.|\\n)*web2 -> ../${names[2]}\n../${names[2]}\nsymbolic link\n`,
    ),
  );
  t.true(elapsed < 4_000, `${elapsed} ms`);
});
