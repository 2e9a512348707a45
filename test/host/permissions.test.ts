import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CIRCUIT_ENV, Cluster, eventually, NOBODY } from './cluster.js';

const SECRET = /[0-9a-f]{32}/;

test('the mount is the mounting user’s alone', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const ls = await cluster.run(['ls', a.mountpoint], { uid: NOBODY });
  t.not(ls.status, 0);
  t.regex(ls.stderr, /Permission denied/);
});

test('--allow-other: others may look, but the kernel checks the modes', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start('--allow-other');
  const self = `${a.mountpoint}/.self`;
  const as = (script: string) => cluster.sh(script, { uid: NOBODY });
  t.is((await as(`cd ${self} && ls`)).status, 0);
  t.is((await as(`cat ${self}/help`)).status, 0);
  for (const file of ['addr', 'peek', 'peers', 'log', 'stk', 'error']) {
    const cat = await as(`cat ${self}/${file}`);
    t.regex(cat.stderr, /Permission denied/, file);
    t.is(cat.stdout, '');
  }
  for (const command of ['join', 'leave', 'reload', 'shutdown']) {
    t.regex((await as(`echo > ${self}/${command}`)).stderr, /ermission denied/, command);
  }
  t.regex((await as(`mkdir ${self}/x`)).stderr, /Permission denied/);
});

test('as a user without privileges: start, mount, join, ls', async (t) => {
  const cluster = new Cluster(t);
  const own = async (name: string) => {
    const directory = cluster.mkdir(name);
    await cluster.run(['chown', String(NOBODY), directory]);
    return directory;
  };
  const start = async (directory: string) => {
    const options = { uid: NOBODY, cwd: '/', env: { PATH: process.env.PATH } };
    const daemon = await cluster.startWith(options, '-m', directory);
    return { directory, address: daemon.address, daemon };
  };
  const [a, b] = [await start(await own('a')), await start(await own('b'))];
  const as = (script: string) => cluster.sh(script, { uid: NOBODY, cwd: '/' });
  const join = await as(`echo "${b.address}" > ${a.directory}/.self/join`);
  t.is(join.status, 0, join.stderr);
  t.is((await as(`ls ${a.directory}`)).stdout, (await as(`ls ${b.directory}`)).stdout);
  t.is((await as(`ls ${a.directory}`)).stdout.split('\n').length - 1, 2);
  t.regex((await as(`echo x > ${a.directory}/.self/addr`)).stderr, /ermission denied/);
  t.regex((await as(`cat ${a.directory}/.self/join`)).stderr, /Permission denied/);
  t.is(await a.daemon.stop(), 0);
  await b.daemon.stop('SIGKILL');
  const again = await start(b.directory);
  t.is(await again.daemon.stop(), 0);
  t.false(readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${a.directory} `));
});

test('ps does not show the addresses in a command’s arguments', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const { pid } = cluster.launch(['-j', a.address, a.address]);
  const line = await eventually(
    async () => readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    (text) => text.startsWith('circuit start'),
  );
  t.notRegex(line, SECRET);
  t.notRegex((await cluster.run(['ps', '-o', 'args=', '-p', String(pid)])).stdout, SECRET);
});

test('no secret in the log, whatever is joined and however it fails', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  const self = join(a.mountpoint, '.self');
  const wrong = b.address.replace(/Q.*/, `Q${'e'.repeat(32)}`);
  const secret = b.address.replace(/.*\/Q/, '');
  for (const text of [
    b.address,
    wrong,
    `${b.address}/more`,
    `x${b.address}`,
    secret,
    `Q${secret}`,
  ]) {
    await cluster.sh(`echo "${text}" > ${self}/join`);
  }
  const name = (await cluster.sh(`readlink ${self}`)).stdout.trim();
  await cluster.circuit(['join', '-d', a.address, `/${name}`, wrong]);
  const log = a.log() + b.log();
  t.true(log.includes('/Q…'));
  t.notRegex(log, SECRET);
  t.notRegex((await cluster.run(['cat', `${self}/error`])).stdout, SECRET);
  t.is((await cluster.run(['cat', `${self}/log`])).stdout, a.log());
});

test('a cluster key that others may read is taken, and the log says so', async (t) => {
  const cluster = new Cluster(t);
  const key = join(cluster.directory, 'key');
  const start = async (umask: string) => {
    await cluster.sh(`rm -f ${key}; umask ${umask}; "$NODE" "$CIRCUIT" keygen > ${key}`, {
      env: CIRCUIT_ENV,
    });
    return (await cluster.start('--no-mount', '--hmac', key)).log();
  };
  t.regex(await start('022'), new RegExp(` the cluster key in ${key} can be read by others$`, 'm'));
  t.notRegex(await start('077'), /can be read/);
});

test('each line of the log tells the time, who, what, and the outcome', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  await cluster.sh(`echo "${b.address}" > ${a.mountpoint}/.self/join`);
  await cluster.sh(`mkdir ${a.mountpoint}/.self/made`);
  const ofA = (await cluster.sh(`readlink ${a.mountpoint}/.self`)).stdout.trim();
  const ofB = (await cluster.sh(`readlink ${b.mountpoint}/.self`)).stdout.trim();
  await cluster.sh(`mkdir "${b.mountpoint}/${ofA}/new
line"`);
  await cluster.circuit(['join', '-d', a.address, `/${ofA}`, 'junk']);
  const time = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  const lines = [
    `uid=0 pid=\\d+ /${ofA}/join circuit://127\\.0\\.0\\.1:\\d+/\\d+/Q…: ok$`,
    `uid=0 pid=\\d+ mkdir /${ofA}/made: ok$`,
    `peer=${ofB} mkdir /${ofA}/new\\\\x0aline: ok$`,
    `peer=127\\.0\\.0\\.1:\\d+ /${ofA}/join junk: EINVAL: a HOST`,
  ];
  for (const line of lines) t.regex(a.log(), new RegExp(`${time} ${line}`, 'm'));
});
