import test from 'ava';
import { CIRCUIT_ENV } from '../../host/cluster.js';
import { commands, connected } from './commands.js';

test('mkchan, send, recv, peek, close and scrub, at any member', async (t) => {
  const { channels, circuit, peek } = await commands(t);
  for (const channel of channels) {
    const quiet = { stdout: '', stderr: '', status: 0 };
    t.like(await circuit(['mkchan', channel, '2']), quiet);
    t.like(await circuit(['send', channel], 'hello\n\0'), quiet);
    t.like(await circuit(['send', channel], ''), quiet);
    t.deepEqual(await peek(channel), { Cap: 2, Closed: false, NumSend: 2, NumRecv: 0 });
    t.like(await circuit(['close', channel]), quiet);
    t.like(await circuit(['recv', channel]), { ...quiet, stdout: 'hello\n\0' });
    t.like(await circuit(['recv', channel]), quiet);
    t.deepEqual(await peek(channel), { Cap: 2, Closed: true, NumSend: 2, NumRecv: 2 });
    t.like(await circuit(['recv', channel]), {
      stdout: '',
      stderr: 'circuit: the channel is closed, and nothing is left in it\n',
      status: 1,
    });
    t.like(await circuit(['send', channel], 'x'), {
      stderr: 'circuit: the channel is closed\n',
      status: 1,
    });
    t.like(await circuit(['scrub', channel]), quiet);
    t.like(await circuit(['peek', channel]), { status: 1 });
  }
});

test('bad input: exit 1 and a sentence', async (t) => {
  const { channels, own, circuit } = await commands(t);
  const [channel = ''] = channels;
  await circuit(['mkchan', channel, '0']);
  const failing: ReadonlyArray<readonly [readonly string[], RegExp]> = [
    [['mkchan', `${own}/new`, 'x'], /the capacity of a channel is a whole number/],
    [['mkchan', `${own}/new`, ''], /the capacity of a channel is a whole number/],
    [['mkchan', `${own}/new`, '1e9'], /the capacity of a channel is a whole number/],
    [['mkchan', `${own}/new`, '1000001'], /the capacity of a channel is a whole number from 0/],
    [['mkchan', own, '1'], /is not an anchor/],
    [['mkchan', channel, '1'], /has a channel already/],
    [['peek', `${own}/x`], /\/x has no element$/],
    [['recv', `${own}/x`], /x/],
    [['send', `${own}/none`], /none/],
    [['scrub', `${own}/none`], /none/],
    [['close', 'relative'], /relative is not a path/],
  ];
  for (const [args, said] of failing) {
    const { status, stdout, stderr } = await circuit(args, 'x');
    t.deepEqual([status, stdout], [1, ''], args.join(' '));
    t.regex(stderr.trimEnd(), said);
    t.regex(stderr, /^circuit: [^\n]*\n$/);
  }
});

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`${signal} ends a waiting recv and send at once, and no message is lost`, async (t) => {
    const { channels, circuit, start } = await commands(t);
    for (const channel of channels) {
      await circuit(['mkchan', channel, '0']);
      for (const [verb, input] of [
        ['recv', undefined],
        ['send', 'never'],
      ] as const) {
        const gone = start(verb, channel);
        gone.process.stdin?.end(input);
        await connected(gone);
        gone.process.kill(signal);
        t.is(await gone.status, signal);
        const sent = circuit(['send', channel], verb);
        t.is((await circuit(['recv', channel])).stdout, verb);
        t.is((await sent).status, 0);
      }
    }
  });
}

test('a message that could not be written to standard output goes to the next receiver', async (t) => {
  const { cluster, a, channels, circuit } = await commands(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  for (const channel of channels) {
    await circuit(['mkchan', channel, '1']);
    await circuit(['send', channel], 'kept');
    const env = { ADDRESS: a.address, NODE, PROGRAM: CIRCUIT, CHANNEL: channel };
    const failed = await cluster.sh('"$NODE" "$PROGRAM" recv -d "$ADDRESS" $CHANNEL > /dev/full', {
      env,
    });
    t.is(failed.status, 1);
    t.regex(failed.stderr, /^circuit: cannot write to standard output: .*no space left/);
    t.is((await circuit(['recv', channel])).stdout, 'kept');
  }
});

test('a large message passes unchanged, and a sender that is killed half-way is a failure', async (t) => {
  const { cluster, a, channels, circuit, start } = await commands(t);
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  await cluster.sh('head -c 5000000 /dev/urandom > large');
  for (const channel of channels) {
    await circuit(['mkchan', channel, '0']);
    const env = { ADDRESS: a.address, NODE, PROGRAM: CIRCUIT, CHANNEL: channel };
    const sent = cluster.sh('"$NODE" "$PROGRAM" send -d "$ADDRESS" $CHANNEL < large', { env });
    const compared = await cluster.sh(
      '"$NODE" "$PROGRAM" recv -d "$ADDRESS" $CHANNEL | cmp - large',
      { env },
    );
    t.deepEqual([compared.status, compared.stdout], [0, ''], compared.stderr);
    t.is((await sent).status, 0);
    const sender = start('send', channel);
    sender.process.stdin?.write('begun');
    const receiver = start('recv', channel);
    await receiver.printed('begun');
    sender.process.kill('SIGKILL');
    t.is(await receiver.status, 1);
    t.regex(await receiver.stderr, /^circuit: the sender has gone/);
  }
});
