import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join as pathOf } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { RpcTarget } from 'capnweb';
import { Address, newSecret } from '../../src/base/address.js';
import { Transport } from '../../src/transport/transport.js';
import { CIRCUIT_ENV, Cluster, eventually, type TestDaemon } from './cluster.js';
import { areOne, logged } from './multicast.js';

const DIAL = pathOf(import.meta.dirname, '../../src/transport/dial.js');
const ADDRESS = pathOf(import.meta.dirname, '../../src/base/address.js');

/** Writes to `join`; gives what the shell said, what `error` says, and how long it took. */
async function join(cluster: Cluster, daemon: TestDaemon, text: string, member = '.self') {
  const directory = `${daemon.mountpoint}/${member}`;
  const script = `cat > ${directory}/join; echo $? >&2; cat ${directory}/error`;
  const { stdout, stderr, elapsed } = await cluster.sh(script, { input: text });
  return { error: stdout, said: stderr, elapsed };
}

async function members(cluster: Cluster, daemon: TestDaemon): Promise<number> {
  const { stdout } = await cluster.run(['ls', daemon.mountpoint]);
  return stdout.split('\n').length - 1;
}

function refused(t: ExecutionContext, result: Awaited<ReturnType<typeof join>>, said: RegExp) {
  t.regex(result.said, said);
  t.regex(result.said, /^[1-9]$/m, 'the exit status of cat');
  // 5 s, and what three programs take to start on a machine that is busy.
  t.true(result.elapsed < 9_000, `took ${result.elapsed} ms`);
}

/** Something that listens and is no circuit: its port, and when somebody comes. */
async function listening(t: ExecutionContext, answer: (socket: Socket) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  const connected = once(server, 'connection');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, connected };
}

/** A daemon that can be joined, and says nothing. */
async function muteDaemon(t: ExecutionContext) {
  let asked = 0;
  class Mute extends RpcTarget {
    deliver({ type }: { readonly type: string }) {
      if (type === 'join') asked += 1;
    }
  }
  const secret = newSecret();
  const transport = new Transport<unknown>({ main: () => new Mute() });
  t.teardown(() => transport.close());
  const port = await transport.listen({ host: '127.0.0.1', port: 0, secret });
  const address = new Address('127.0.0.1', port, process.pid, secret);
  transport.advertise(address);
  return {
    address: address.toString(),
    /** Resolves when it has been asked to be joined so often; more often is a failure. */
    isAsked: async (times: number) => {
      const seen = await eventually(
        async () => asked,
        (count) => count >= times,
      );
      if (seen > times) throw new Error(`it was asked ${seen} times`);
    },
  };
}

test('junk in join is EINVAL, and `error` shows what an address looks like', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  for (const junk of ['a/b', 'circuit://', 'http://127.0.0.1:1/2/Q3', `${a.address}0`]) {
    const result = await join(cluster, a, `${junk}\n`);
    refused(t, result, /Invalid argument/);
    t.regex(result.error, /^not a circuit address; one looks like circuit:\/\/HOST:PORT.*\n$/);
  }
  const empty = await join(cluster, a, '\n');
  refused(t, empty, /Invalid argument/);
  t.regex(empty.error, /no address given/);
});

test('bytes that are not UTF-8, and a megabyte without a newline, are EINVAL', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const self = `${a.mountpoint}/.self`;
  const bytes = await cluster.sh(`printf '\\377\\376\\n' > ${self}/join; cat ${self}/error`);
  t.is(bytes.stdout, 'the command is not UTF-8\n');
  const long = await cluster.sh(
    `head -c 2000000 /dev/zero | tr '\\0' x > ${self}/join; cat ${self}/error`,
  );
  t.regex(long.stdout, /^a command has at most 1048576 bytes/);
  t.is(await members(cluster, a), 1);
});

test('the address of a closed port is ECONNREFUSED', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const gone = await cluster.start();
  await gone.stop();
  const result = await join(cluster, a, gone.address);
  refused(t, result, /Connection refused/);
  t.regex(result.error, /^nobody listens on 127\.0\.0\.1:\d+\n$/);
});

test('a host that drops packets is ETIMEDOUT within 5 s', async (t) => {
  const cluster = new Cluster(t);
  const netns = await cluster.namespace();
  // 10.99.0.2 has a link address that nobody answers to: what is sent there is lost.
  const link = await cluster.sh(`ip -n ${netns} -batch -`, {
    input: `link add v0 type veth peer name v1
      address add 10.99.0.1/24 dev v0
      link set v0 up
      link set v1 up
      neighbour add 10.99.0.2 lladdr 02:00:00:00:00:02 dev v0`,
  });
  t.is(link.status, 0, link.stderr);
  const a = await cluster.startWith({ netns });
  const { address } = a;
  const result = await join(cluster, a, address.replace('127.0.0.1', '10.99.0.2'));
  refused(t, result, /Connection timed out/);
  t.regex(result.error, /^10\.99\.0\.2:\d+ did not answer within 5 s\n$/);
});

test('a host that is not there, and one that no route leads to, are EHOSTUNREACH', async (t) => {
  const cluster = new Cluster(t);
  const netns = await cluster.namespace();
  const a = await cluster.startWith({ netns });
  const { address } = a;
  const routeless = await join(cluster, a, address.replace('127.0.0.1', '10.99.0.2'));
  refused(t, routeless, /No route to host/);
  t.regex(routeless.error, /^there is no route to 10\.99\.0\.2:\d+\n$/);
  const nameless = await join(cluster, a, address.replace('127.0.0.1', 'nobody.invalid'));
  refused(t, nameless, /No route to host/);
  t.regex(nameless.error, /^there is no host named nobody\.invalid\n$/);
});

test('one that listens but never answers is ETIMEDOUT within 5 s, whichever member is to join it', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const other = await cluster.start();
  await join(cluster, a, other.address);
  const { stdout: name } = await cluster.run(['readlink', '-n', `${other.mountpoint}/.self`]);
  const { port } = await listening(t, () => {});
  const mute = a.address.replace(/:\d+\//, `:${port}/`);
  for (const joining of [join(cluster, a, mute), join(cluster, a, mute, name)]) {
    const result = await joining;
    refused(t, result, /Connection timed out/);
    t.regex(result.error, /did not answer within 5 s/);
  }
});

test('a start that joins one that does not answer goes on after 5 s, and joins it when it answers', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  a.process.kill('SIGSTOP');
  const started = await cluster.start('--no-mount', '-j', a.address);
  t.regex(started.log(), /did not answer within 5 s; trying again from time to time$/m);
  a.process.kill('SIGCONT');
  await logged(started, /joined 127\.0\.0\.1:\d+$/m);
  t.is(await members(cluster, a), 2);
});

test('a start that joins one that has ended, or that refuses it, fails', async (t) => {
  const cluster = new Cluster(t);
  const [a, gone] = [await cluster.start(), await cluster.start()];
  await gone.stop();
  for (const [address, sentence] of [
    [gone.address, /^circuit: nobody listens on 127\.0\.0\.1:\d+$/m],
    [a.address.replace(/Q.*/, `Q${'0'.repeat(32)}`), /^circuit: .* refused us: /m],
    ['localhost', /^circuit: a HOST\[:PORT\] takes a cluster key \(--hmac FILE\); .*$/m],
  ] as const) {
    const argv = ['start', '--no-mount', '-a', '127.0.0.1:0', '-j', address];
    const { status, stdout, stderr } = await cluster.circuit(argv);
    t.deepEqual([status, stdout], [1, '']);
    t.regex(stderr, sentence);
  }
});

test('leave ends the joins that wait, those of a start too, which goes on alone', async (t) => {
  const cluster = new Cluster(t);
  const mute = await muteDaemon(t);
  const daemon = cluster.launch(['-j', mute.address]);
  await daemon.until(mute.isAsked(1));
  const leave = `echo > ${daemon.mountpoint}/.self/leave`;
  t.is((await cluster.sh(leave)).status, 0);
  await daemon.ready;
  t.regex(daemon.log(), /is not joined any more: this member is to stay alone$/m);
  const joining = join(cluster, daemon, mute.address);
  await daemon.until(mute.isAsked(2));
  t.is((await cluster.sh(leave)).status, 0);
  const result = await joining;
  refused(t, result, /Operation canceled/);
  // cat does not write it again, as what is EINTR would be.
  await mute.isAsked(2);
});

test('a wrong secret is EACCES', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  const wrong = b.address.replace(/Q.*/, `Q${'0'.repeat(32)}`);
  const result = await join(cluster, a, wrong);
  refused(t, result, /Permission denied/);
  t.regex(result.error, /refused us: wrong address, or it has a cluster key/);
  t.is(await members(cluster, a), 1);
  t.is(await members(cluster, b), 1);
});

test('a right secret and a wrong cluster key is EACCES; the right key joins', async (t) => {
  const cluster = new Cluster(t);
  const keys = await cluster.sh(
    '"$NODE" "$CIRCUIT" keygen > key1; "$NODE" "$CIRCUIT" keygen > key2; cat key1',
    {
      env: CIRCUIT_ENV,
    },
  );
  t.regex(keys.stdout, /^[A-Za-z0-9+/]{43}=\n$/);
  const key = (n: number) => ['--hmac', `${cluster.directory}/key${n}`];
  const a = await cluster.start(...key(1));
  const b = await cluster.start(...key(2));
  const c = await cluster.start(...key(1));
  const none = await cluster.start();
  refused(t, await join(cluster, a, b.address), /Permission denied/);
  refused(t, await join(cluster, a, none.address), /Permission denied/);
  refused(t, await join(cluster, none, a.address), /Permission denied/);
  await join(cluster, a, c.address);
  t.is(await members(cluster, a), 2);
  const ls = await cluster.circuit(['ls', '-d', a.address, ...key(1), '/']);
  t.is(ls.stdout.split('\n').length - 1, 2);
  const wrong = await cluster.circuit(['ls', '-d', a.address, ...key(2), '/']);
  t.is(wrong.status, 1);
  t.regex(wrong.stderr, /^circuit: .* refused us: wrong address or cluster key\n$/);
});

test('something else that listens is EPROTO', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const { port } = await listening(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
  const result = await join(cluster, a, a.address.replace(/:\d+\//, `:${port}/`));
  refused(t, result, /Protocol error/);
  t.regex(result.error, /is not a circuit daemon/);
});

test('one that hangs up is ECONNRESET', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const { port } = await listening(t, (socket) => socket.end());
  const result = await join(cluster, a, a.address.replace(/:\d+\//, `:${port}/`));
  refused(t, result, /Connection reset by peer/);
  t.regex(result.error, /is it a circuit daemon\?/);
});

test('want of descriptors is our own failure, and says nothing of the one who is dialled', async (t) => {
  const cluster = new Cluster(t);
  const { address } = await cluster.start();
  const script = `
    import { openSync } from 'node:fs';
    import { Address } from ${JSON.stringify(ADDRESS)};
    import { dial } from ${JSON.stringify(DIAL)};
    try {
      for (;;) openSync('/dev/null');
    } catch {}
    const failed = ({ code, message }) => console.log(code, message);
    await dial(Address.parse(process.argv[1]), {}).catch(failed);`;
  const { stdout, stderr } = await cluster.run([
    'sh',
    '-c',
    'ulimit -n 200; exec "$@"',
    'sh',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
    address,
  ]);
  t.regex(
    stdout,
    /^EMFILE process \d+ on \S+ has reached its limit of open files: .*\(ulimit -n\)$/m,
    stderr,
  );
});

test('joining oneself or a present member changes nothing and succeeds', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  for (const address of [a.address, b.address, b.address, a.address]) {
    const result = await join(cluster, a, address);
    t.regex(result.said, /^0$/m);
    t.is(result.error, '');
  }
  t.is(await members(cluster, a), 2);
  t.is(await members(cluster, b), 2);
});

test('a daemon is joined by any name of its host, whether or not it is known by another', async (t) => {
  const cluster = new Cluster(t);
  const [a, b] = [await cluster.start(), await cluster.start()];
  const succeeds = async (daemon: TestDaemon, address: string) => {
    const result = await join(cluster, daemon, address);
    t.regex(result.said, /^0$/m, result.error);
    for (const each of [a, b]) t.is(await members(cluster, each), 2, address);
  };
  const leave = async (daemon: TestDaemon) => {
    await cluster.sh(`echo > ${daemon.mountpoint}/.self/leave`);
    for (const each of [a, b]) t.deepEqual((await areOne([each])).length, 1);
  };
  const named = (host: string) => b.address.replace('127.0.0.1', host);
  await succeeds(a, named('localhost'));
  await succeeds(a, named('127.1'));
  await succeeds(b, named('localhost'));
  await leave(a);
  await succeeds(a, named('localhost'));
  await leave(a);
  await succeeds(a, named('0.0.0.0'));
  await leave(b);
  await succeeds(a, b.address);
  await succeeds(b, a.address.replace('127.0.0.1', 'localhost'));
});

test('ten addresses in one write: the good ones join, the bad ones are named', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const others = await Promise.all(Array.from({ length: 8 }, () => cluster.start()));
  const gone = await cluster.start();
  await gone.stop();
  const wrong = a.address.replace(/Q.*/, `Q${'1'.repeat(32)}`);
  const all = [...others.map(({ address }) => address), gone.address, wrong];
  const result = await join(
    cluster,
    a,
    `${all.slice(0, 5).join(' ')}\n${all.slice(5).join('\t')}\n`,
  );
  refused(t, result, /Connection refused/);
  t.regex(result.error, /^2 of 10 failed: nobody listens on .*; .* refused us/);
  t.is(await members(cluster, a), 9);
  t.is((await areOne([a, ...others])).length, 9);
});

test('a join that waits holds up no other command on the same file', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const { port, connected } = await listening(t, () => {});
  const slow = a.address.replace(/:\d+\//, `:${port}/`);
  const waiting = [join(cluster, a, slow), join(cluster, a, slow)];
  await a.until(connected);
  const junk = await join(cluster, a, 'junk');
  refused(t, junk, /Invalid argument/);
  t.notRegex(a.log(), /did not answer/, 'both still wait');
  for (const result of await Promise.all(waiting)) refused(t, result, /Connection timed out/);
});

test('Ctrl-C ends a join that waits', async (t) => {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  const { port, connected } = await listening(t, () => {});
  const writer = cluster.spawn(['tee', `${a.mountpoint}/.self/join`]);
  const ended = once(writer, 'exit');
  writer.stdin?.write(`${a.address.replace(/:\d+\//, `:${port}/`)}\n`);
  await a.until(connected);
  writer.kill('SIGINT');
  t.deepEqual(await a.until(ended), [null, 'SIGINT']);
  t.notRegex(a.log(), /did not answer/, 'it has not waited for that');
});
