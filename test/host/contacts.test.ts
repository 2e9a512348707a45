import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { RELAY_TIMEOUT_MS } from '../../src/transport/limits.js';
import { AT_ONCE, CIRCUIT_ENV, Cluster, eventually, type TestDaemon } from './cluster.js';
import { areOne, logged, members } from './multicast.js';

/** A cluster with a key; each daemon listens on another address of loopback, at the customary port. */
async function keyed(t: ExecutionContext) {
  const cluster = new Cluster(t);
  // Its own network, so that the port is free whatever runs beside it.
  const netns = await cluster.namespace();
  await cluster.sh('"$NODE" "$CIRCUIT" keygen > key; "$NODE" "$CIRCUIT" keygen > other', {
    env: CIRCUIT_ENV,
  });
  const hmac = (key: string) => ['--hmac', join(cluster.directory, key)];
  const options = (host: number, key: string) => ['-a', `127.0.0.${host}:11022`, ...hmac(key)];
  const start = (host: number, ...args: readonly string[]) =>
    cluster.startWith({ netns }, ...options(host, 'key'), ...args);
  const startOther = (host: number, ...args: readonly string[]) =>
    cluster.startWith({ netns }, ...options(host, 'other'), ...args);
  const write = (daemon: TestDaemon, text: string) => {
    const self = `${daemon.mountpoint}/.self`;
    return cluster.sh(`echo "${text}" > ${self}/join || cat ${self}/error`);
  };
  return { cluster, netns, start, startOther, hmac, write };
}

test('a host is joined by the key: echo HOST > join, circuit join, and at another member, too', async (t) => {
  const { cluster, netns, start, hmac, write } = await keyed(t);
  const [a, b, c] = [await start(1), await start(2), await start(3)] as const;
  const joined = await write(a, '127.0.0.2');
  t.deepEqual([joined.status, joined.stdout], [0, '']);
  const [inA, inB] = [await members(a), await members(b)];
  t.deepEqual([inA.length, inB], [2, inA], 'both know each other when it has returned');
  const name = inA.find((each) => !a.log().includes(`${each} listens`)) ?? '';
  const circuit = (args: readonly string[]) =>
    cluster.run([
      'nsenter',
      `--net=/run/netns/${netns}`,
      CIRCUIT_ENV.NODE,
      CIRCUIT_ENV.CIRCUIT,
      ...args,
    ]);
  const remote = await circuit([
    'join',
    '-d',
    a.address,
    ...hmac('key'),
    `/${name}`,
    '127.0.0.3:11022',
  ]);
  t.deepEqual([remote.status, remote.stderr], [0, '']);
  await areOne([a, b, c]);
  const dialled = await circuit(['ls', '-d', '127.0.0.3', ...hmac('key')]);
  t.is(dialled.stdout.split('\n').length - 1, 3, dialled.stderr);
  t.regex(b.log(), /\/join 127\.0\.0\.3:11022: ok$/m);
  // Joining oneself, or a present member, changes nothing.
  for (const host of ['127.0.0.1', '127.0.0.2:11022', '127.1']) {
    t.is((await write(a, host)).status, 0);
  }
});

test('a join of a host waits for it while this daemon is alone; Ctrl-C gives up', async (t) => {
  const { cluster, start, write } = await keyed(t);
  const a = await start(1);
  const given = cluster.spawn(['tee', `${a.mountpoint}/.self/join`]);
  const ended = once(given, 'exit');
  given.stdin?.write('127.0.0.3\n');
  await logged(
    a,
    /127\.0\.0\.3 is not joined yet: nobody listens on 127\.0\.0\.3:11022; trying again/,
  );
  given.kill('SIGINT');
  t.deepEqual(await a.until(ended), [null, 'SIGINT']);
  const waiting = write(a, '127.0.0.2');
  await logged(a, /127\.0\.0\.2 is not joined yet: nobody listens/);
  const b = await start(2);
  t.is((await waiting).status, 0);
  t.is((await members(b)).length, 2);
  // In a network already, it does not wait.
  const refused = await write(a, '127.0.0.3');
  t.deepEqual([refused.status, refused.stdout], [0, 'nobody listens on 127.0.0.3:11022\n']);
  t.true(refused.elapsed < AT_ONCE);
  const c = await start(3);
  t.is((await members(c)).length, 1, 'nothing goes on in the background');
});

test('circuit join waits for a host, too, longer than for any other answer; Ctrl-C ends that at the member', async (t) => {
  const { cluster, netns, start, hmac } = await keyed(t);
  const a = await start(1);
  const [name = ''] = await members(a);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const enter = ['nsenter', `--net=/run/netns/${netns}`, NODE, CIRCUIT];
  const join = ['join', '-d', a.address, ...hmac('key'), `/${name}`];
  const given = cluster.spawn([...enter, ...join, '127.0.0.3']);
  await logged(a, /127\.0\.0\.3 is not joined yet/);
  given.kill('SIGINT');
  await logged(a, /\/join 127\.0\.0\.3: EINTR: /);
  const waiting = cluster.run([...enter, ...join, '127.0.0.2']);
  await logged(a, /127\.0\.0\.2 is not joined yet/);
  await delay(RELAY_TIMEOUT_MS + 500);
  const b = await start(2);
  const { status, stderr } = await waiting;
  t.deepEqual([status, stderr], [0, '']);
  t.is((await members(b)).length, 2);
});

test('a command asks the next host of a name when one is silent', async (t) => {
  const { cluster, netns, start, hmac } = await keyed(t);
  const [silent] = [await start(2), await start(3)];
  silent.process.kill('SIGSTOP');
  // In both orders, since getaddrinfo(3) has its own.
  for (const order of [
    ['127.0.0.2', '127.0.0.3'],
    ['127.0.0.3', '127.0.0.2'],
  ]) {
    const hosts = order.map((address) => `echo ${address} two.test`).join('; ');
    const ls = await cluster.sh(
      `nsenter --net=/run/netns/${netns} unshare --mount sh -c '
        { ${hosts}; } > hosts; mount --bind hosts /etc/hosts
        "$NODE" "$CIRCUIT" ls -d two.test:11022 ${hmac('key').join(' ')}'`,
      { env: CIRCUIT_ENV },
    );
    t.regex(ls.stdout, /^\/X[0-9a-f]{16}\n$/, ls.stderr);
    t.true(ls.elapsed < AT_ONCE, String(ls.elapsed));
  }
  silent.process.kill('SIGCONT');
});

test('another key, another program and no key fail at once, and `leave` and the end of the daemon end a join that waits', async (t) => {
  const { cluster, netns, start, startOther, write } = await keyed(t);
  const a = await start(1);
  await startOther(2);
  const keyless = await cluster.startWith({ netns }, '-a', '127.0.0.3:11022');
  for (const [daemon, host, sentence] of [
    [a, '127.0.0.2', /^127\.0\.0\.2:11022 refused us: it has another cluster key, or none$/m],
    [a, '127.0.0.3', /^127\.0\.0\.3:11022 refused us: /m],
    [a, 'a/b', /^not a circuit address; one looks like/m],
    [keyless, '127.0.0.1', /^a HOST\[:PORT\] takes a cluster key \(--hmac FILE\); .*$/m],
  ] as const) {
    const { stdout, elapsed } = await write(daemon, host);
    t.regex(stdout, sentence);
    t.true(elapsed < AT_ONCE);
  }
  const waiting = write(a, '127.0.0.9');
  await logged(a, /127\.0\.0\.9 is not joined yet/);
  t.is((await cluster.sh(`echo > ${a.mountpoint}/.self/leave`)).status, 0);
  t.regex((await waiting).stdout, /^this member left its network meanwhile$/m);
  t.is((await members(a)).length, 1);
  const waitsAgain = write(a, '127.0.0.8');
  await logged(a, /127\.0\.0\.8 is not joined yet/);
  await a.stop();
  await waitsAgain;
  t.regex(a.log(), /\/join 127\.0\.0\.8: ECANCELED: this member is shutting down$/m);
});

test('a start neither waits for its contacts nor fails, whatever they are; the log tells each reason once', async (t) => {
  const { cluster, start, startOther } = await keyed(t);
  await startOther(2);
  const contacts = ['127.0.0.2', 'nobody.invalid:11022', '127.0.0.3', '127.0.0.1'];
  const a = await start(1, '-j', ...contacts);
  t.is((await members(a)).length, 1);
  await logged(
    a,
    /127\.0\.0\.2 is not joined yet: 127\.0\.0\.2:11022 refused us: .*; trying again/,
  );
  await logged(
    a,
    /127\.0\.0\.3 is not joined yet: nobody listens on 127\.0\.0\.3:11022; trying again/,
  );
  await logged(a, /nobody\.invalid:11022 is not joined yet: /);
  const stk = async () => JSON.parse((await cluster.sh(`cat ${a.mountpoint}/.self/stk`)).stdout);
  const { failures } = (await stk()).search;
  t.is(failures.length, 3);
  t.regex(failures[0], /^127\.0\.0\.2 is not joined yet: 127\.0\.0\.2:11022 refused us: /);
  // Others are found meanwhile, and the contact that is this daemon itself is neither.
  const c = await start(3);
  await areOne([a, c]);
  t.is(a.log().match(/is not joined yet/g)?.length, 3, a.log());
  await eventually(stk, ({ search }) => search.failures.length === 2);
  await cluster.sh(`echo > ${a.mountpoint}/.self/leave`);
  await areOne([c]);
  t.is((await members(a)).length, 1, 'one that has left looks for nobody');
});

test('a daemon that is alone again finds its contact, which was started again, by itself', async (t) => {
  const { start } = await keyed(t);
  const a = await start(1);
  const b = await start(2, '-j', '127.0.0.1');
  await areOne([a, b]);
  await a.stop('SIGKILL');
  await areOne([b]);
  const again = await start(1);
  t.is((await areOne([again, b])).length, 2);
});

test('a member that has left is not brought back by those whose contact it is', async (t) => {
  const { cluster, start } = await keyed(t);
  const a = await start(1);
  const b = await start(2, '-j', '127.0.0.1');
  await areOne([a, b]);
  await cluster.sh(`echo > ${a.mountpoint}/.self/leave`);
  const c = await start(3, '-j', '127.0.0.1', '127.0.0.2');
  await areOne([b, c]);
  await logged(
    c,
    /127\.0\.0\.1 is not joined yet: 127\.0\.0\.1:11022 has left its network; only a user/,
  );
  t.is((await members(a)).length, 1);
});

test('with a key, members known before on other ports are not found, and the log says what is missing', async (t) => {
  const { cluster, netns, hmac } = await keyed(t);
  const start = (host: number, ...args: readonly string[]) => {
    const state = ['--var', join(cluster.directory, `var${host}`)];
    return cluster.startWith({ netns }, ...hmac('key'), ...state, ...args);
  };
  const a = await start(1);
  const b = await start(2, '-j', a.address.split('/')[2] ?? '');
  await areOne([a, b]);
  await eventually(
    async () => (await cluster.sh('cat var1/members var2/members')).stdout.split('\n').length,
    (lines) => lines === 3,
  );
  await Promise.all([a, b].map((daemon) => daemon.stop('SIGKILL')));
  const again = await start(1);
  const missing =
    /not joined again yet: nobody listens .* give each daemon -a HOST:PORT\); trying again/;
  t.regex(await logged(again, missing), /members known before: 1$/m);
});
