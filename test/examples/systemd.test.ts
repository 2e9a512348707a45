import test, { type ExecutionContext } from 'ava';
import { Document } from '../docs/documents.js';
import { Cluster, eventually } from '../host/cluster.js';
import { SystemdHost } from './systemd.js';

const OPTIONS = 'CIRCUIT_OPTIONS="-a 127.0.0.1:11022"\n';

async function host(t: ExecutionContext) {
  const one = await SystemdHost.boot(new Cluster(t), OPTIONS);
  await isActive(one);
  return one;
}

/** Waits until the service is active; gives the pid of its daemon. */
async function isActive(one: SystemdHost): Promise<number> {
  await eventually(
    () => one.sh('systemctl is-active circuit'),
    ({ stdout }) => stdout === 'active\n',
  );
  return Number(await one.output('systemctl show -P MainPID circuit'));
}

/** Makes two processes, one in a session of its own, which end with nothing but a signal. */
const PROCESSES = `mkdir /circuit/.self/p
  echo '{"Path": "sh", "Args": ["-c", "setsid sleep 1000 & exec sleep 1000"]}' > /circuit/.self/p/mkproc
  until [ "$(pgrep -xc sleep)" = 2 ]; do :; done`;

const MOUNTS = 'grep -c " /circuit fuse" /proc/self/mounts';

test('the lines of docs/operating.md install the service, and systemd finds no fault with the unit', async (t) => {
  const one = await host(t);
  await one.output('systemctl disable --now circuit; rm /etc/default/circuit');
  await one.output('rm /etc/systemd/system/circuit.service; systemctl daemon-reload');
  const [lines = ''] = new Document('docs/operating.md')
    .of('text')
    .filter((text) => text.includes('circuit.service'));
  const printed = await one.output(`cd /opt/circuit; set -e; ${lines}`);
  t.regex(printed, /Status: ".*:11022; 1 member; mounted on \/circuit"$/m);
  const verify = 'systemd-analyze verify --man=no /etc/systemd/system/circuit.service 2>&1';
  t.is(await one.output(verify), '');
});

test('the service is active when it listens and has mounted; the journal has its log, and not its address', async (t) => {
  const one = await host(t);
  await one.output('systemctl stop circuit');
  // Nothing is waited for in between.
  const start = `systemctl start circuit; ls /circuit; circuit ls; ${MOUNTS}`;
  t.regex(await one.output(start), /^(X[0-9a-f]{16})\n\/\1\n1\n$/);
  t.regex(
    await one.output('systemctl status circuit'),
    /^ +Status: "127\.0\.0\.1:11022; 1 member; mounted on \/circuit"$/m,
  );
  t.regex(await one.output('journalctl -u circuit'), / - mounted on \/circuit$/m);
  const [, secret = ''] =
    /(Q[0-9a-f]{32})\n$/.exec(await one.output('cat /run/circuit/address')) ?? [];
  t.is(secret.length, 33);
  const told = await one.output(
    'journalctl -o export; systemctl show circuit; systemctl status circuit',
  );
  t.false(told.includes(secret));
  const env = await one.output('circuit exec "$(circuit ls)/env" -- env');
  t.notRegex(env, /^(NOTIFY|JOURNAL|INVOCATION|SYSTEMD|CIRCUIT|MAINPID|[A-Z]+_DIRECTORY)/m);
  t.regex(env, /^PATH=/m);
});

test('the end of the service leaves no mount and no process', async (t) => {
  const one = await host(t);
  await one.output(PROCESSES);
  await one.output('systemctl stop circuit');
  const left = `systemctl is-active circuit; ${MOUNTS}; pgrep -c 'sleep|node|circuit'; ls -A /run/circuit`;
  t.is((await one.sh(left)).stdout, 'inactive\n0\n0\n');
});

test('a daemon that is killed takes its processes and its mount along, and is started again; another daemon’s mount is left alone', async (t) => {
  const one = await host(t);
  const killed = await isActive(one);
  const name = await one.output('readlink /circuit/.self');
  await one.output(`${PROCESSES}; kill -KILL ${killed}`);
  // Before it is started again.
  await eventually(
    () => one.sh(`${MOUNTS}; pgrep -c sleep; systemctl is-active circuit`),
    ({ stdout }) => stdout === '0\n0\nactivating\n',
  );
  t.not(await isActive(one), killed);
  t.is(await one.output(`readlink /circuit/.self; ${MOUNTS}`), `${name}1\n`);
  // A daemon that somebody has started by hand.
  await one.output(
    'systemctl stop circuit; circuit start > /run/by-hand 2>&1 & until [ -s /run/circuit/address ]; do :; done',
  );
  const { status, stdout } = await one.sh(
    `systemctl start circuit; echo $?; ${MOUNTS}; circuit ls`,
  );
  t.deepEqual([status, stdout.replace(/X\w+/, 'X…')], [0, '1\n1\n/X…\n']);
  t.regex(await one.output('journalctl -u circuit'), /circuit: .* is already mounted/);
});

test('systemctl reload has the daemon read the cluster keys again', async (t) => {
  const one = await host(t);
  await one.output(`umask 077; circuit keygen > /etc/circuit.key
    echo 'CIRCUIT_OPTIONS="-a 127.0.0.1:11022 --hmac /etc/circuit.key"' > /etc/default/circuit
    systemctl restart circuit; circuit keygen >> /etc/circuit.key; systemctl reload circuit`);
  const accepted =
    /the cluster key in \/etc\/circuit\.key is [0-9a-f]{8}, and [0-9a-f]{8} is accepted$/m;
  t.regex(await one.output('journalctl -u circuit'), accepted);
  await one.output('echo junk >> /etc/circuit.key');
  t.not((await one.sh('systemctl reload circuit')).status, 0);
  t.is(await one.output('systemctl is-active circuit'), 'active\n');
  // Without a mount, too.
  await one.output(`sed -i '$d; s/$//' /etc/circuit.key
    sed -i 's/ --hmac/ --no-mount&/' /etc/default/circuit; systemctl restart circuit; systemctl reload circuit`);
  const times = (await one.output('journalctl -u circuit')).match(/the cluster key in /g);
  t.is(times?.length, 4);
});

test('the log says that a hardened service hides its mount', async (t) => {
  const one = await host(t);
  t.notRegex(await one.output('journalctl -u circuit'), /does not see/);
  await one.output(`mkdir /etc/systemd/system/circuit.service.d
    printf '[Service]\\nPrivateTmp=yes\\n' > /etc/systemd/system/circuit.service.d/hardening.conf
    systemctl daemon-reload; systemctl restart circuit`);
  t.regex(await one.output('journalctl -u circuit'), / - the host does not see the mount: /);
  t.is((await one.sh(MOUNTS)).stdout, '0\n');
});

test('a host that is booted again, after a power cut too, has its member again, and joins again', async (t) => {
  const cluster = new Cluster(t);
  const one = await SystemdHost.boot(cluster, OPTIONS);
  await isActive(one);
  const name = await one.output('readlink /circuit/.self');
  const address = (await one.output('cat /run/circuit/address')).trim();
  const other = await cluster.startWith({ netns: one.netns }, '-j', address);
  const { stdout: both } = await cluster.sh(`ls ${other.mountpoint}`);
  t.is(both.split('\n').length, 3);
  for (const end of ['powerOff', 'cutPower'] as const) {
    await one[end]();
    await one.boot(OPTIONS);
    await isActive(one);
    t.is(await one.output('readlink /circuit/.self'), name);
    await eventually(
      () => one.sh('ls /circuit'),
      ({ stdout }) => stdout === both,
    );
  }
});
