import test from 'ava';
import { eventually } from '../../host/cluster.js';
import { commands } from './commands.js';

test('select prints at once all that are ready, as they were named and in that order', async (t) => {
  const { channels, own, circuit } = await commands(t);
  for (const channel of channels) {
    await circuit(['mkchan', channel, '1']);
    const [recv, send] = [`${channel}/recv`, `/${channel}//send`];
    t.like(await circuit(['select', recv, send]), { stdout: `${send}\n`, status: 0 });
    await circuit(['send', channel], 'message');
    t.like(await circuit(['select', send, recv]), { stdout: `${recv}\n`, status: 0 });
    t.is((await circuit(['recv', channel])).stdout, 'message');
    await circuit(['close', channel]);
    t.is((await circuit(['select', send, recv])).stdout, `${send}\n${recv}\n`);
  }
  await circuit(['mkproc', `${own}/p`], '{"Path":"sh","Args":["-c","echo out; read x"]}');
  const files = ['stderr', 'stdin', 'stdout', 'wait'].map((file) => `${own}/p/${file}`);
  t.is((await circuit(['select', ...files.slice(2)])).stdout, `${own}/p/stdout\n`);
  t.is((await circuit(['select', ...files])).stdout, `${own}/p/stdin\n${own}/p/stdout\n`);
  // It took nothing, and ended no input.
  t.is((await circuit(['stdin', `${own}/p`], 'go\n')).status, 0);
  await circuit(['wait', `${own}/p`]);
  t.is((await circuit(['select', ...files])).stdout, files.map((file) => `${file}\n`).join(''));
  t.is((await circuit(['stdout', `${own}/p`])).stdout, 'out\n');
});

test('select waits for the first of files of several members, whichever it is', async (t) => {
  const { channels, own, other, circuit, start } = await commands(t);
  const command = JSON.stringify({ Path: 'sh', Args: ['-c', 'read x; echo out; sleep 1000'] });
  const files: string[] = [];
  for (const [index, member] of [own, other].entries()) {
    await circuit(['mkchan', channels[index] ?? '', '0']);
    await circuit(['mkproc', `${member}/p`], command);
    files.push(`${channels[index]}/recv`, `${channels[index]}/send`);
    files.push(...['stdout', 'stderr', 'wait'].map((file) => `${member}/p/${file}`));
  }
  for (const [index, member] of [own, other].entries()) {
    const channel = channels[index] ?? '';
    const receivable = start('select', ...files);
    await receivable.printed('circuit:select waiting');
    const sender = start('send', channel);
    sender.process.stdin?.end('message');
    t.is(await receivable.stdout, `${channel}/recv\n`);
    t.is(await receivable.status, 0);
    t.is((await circuit(['recv', channel])).stdout, 'message');
    t.is(await sender.status, 0);

    const sendable = start('select', ...files);
    await sendable.printed('circuit:select waiting');
    const receiver = start('recv', channel);
    t.is(await sendable.stdout, `${channel}/send\n`);
    await circuit(['send', channel], 'answer');
    t.is(await receiver.stdout, 'answer');

    const readable = start('select', ...files);
    await readable.printed('circuit:select waiting');
    await circuit(['stdin', `${member}/p`], '\n');
    t.is(await readable.stdout, `${member}/p/stdout\n`);
    t.is(await readable.status, 0);

    const ended = start('select', `${member}/p/wait`, `${channel}/recv`);
    await ended.printed('circuit:select waiting');
    await circuit(['signal', 'KILL', `${member}/p`]);
    t.is(await ended.stdout, `${member}/p/wait\n`);
    t.is((await circuit(['stdout', `${member}/p`])).stdout, 'out\n');
    await circuit(['scrub', `${member}/p`]);
    await circuit(['mkproc', `${member}/p`], command);
  }
});

test('a log is selected when it grows', async (t) => {
  const { channels, own, other, circuit, start } = await commands(t);
  for (const channel of channels) await circuit(['mkchan', channel, '0']);
  for (const member of [own, other]) {
    const waiting = start('select', ...channels.map((c) => `${c}/recv`), `${member}/log`);
    let ended = false;
    waiting.status.then(() => {
      ended = true;
    });
    let made = 0;
    await eventually(
      async () => {
        made += 1;
        await circuit(['mkchan', `${member}/a${made}`, '0']);
        return ended;
      },
      (seen) => seen,
    );
    t.is(await waiting.stdout, `${member}/log\n`);
  }
});

test('a file that is scrubbed, or lost with its member, is selected: it fails without waiting', async (t) => {
  const { channels, b, circuit, start } = await commands(t);
  for (const channel of channels) await circuit(['mkchan', channel, '0']);
  const [near = '', far = ''] = channels;
  const scrubbed = start('select', `${far}/recv`, `${near}/recv`);
  await scrubbed.printed('circuit:select waiting');
  await circuit(['scrub', near]);
  t.is(await scrubbed.stdout, `${near}/recv\n`, await scrubbed.stderr);
  t.is(await scrubbed.status, 0);
  await circuit(['mkchan', near, '0']);
  const lost = start('select', `${far}/recv`, `${near}/recv`);
  await lost.printed('circuit:select waiting');
  await b.stop('SIGKILL');
  t.is(await lost.stdout, `${far}/recv\n`, await lost.stderr);
  t.is(await lost.status, 0);
});

test('select fails when the daemon that it asks is lost', async (t) => {
  const { channels, a, circuit, start } = await commands(t);
  for (const channel of channels) await circuit(['mkchan', channel, '0']);
  const waiting = start('select', ...channels.map((channel) => `${channel}/recv`));
  await waiting.printed('circuit:select waiting');
  await a.stop('SIGKILL');
  t.is(await waiting.status, 1);
  t.is(await waiting.stdout, '');
  t.regex(await waiting.stderr, /\ncircuit: .*the connection to .* was lost\n$/);
});

test('Ctrl-C ends select at once, and it has taken nothing', async (t) => {
  const { channels, own, circuit, start } = await commands(t);
  for (const channel of channels) await circuit(['mkchan', channel, '0']);
  const script = JSON.stringify({ Path: 'sh', Args: ['-c', 'read x; echo "$x"'] });
  await circuit(['mkproc', `${own}/p`], script);
  const waiting = start(
    'select',
    ...channels.map((channel) => `${channel}/recv`),
    `${own}/p/stdout`,
  );
  await waiting.printed('circuit:select waiting');
  waiting.process.kill('SIGINT');
  // A shell shows that as 130.
  t.is(await waiting.status, 'SIGINT');
  t.is(await waiting.stdout, '');
  await circuit(['stdin', `${own}/p`], 'line\n');
  t.is((await circuit(['stdout', `${own}/p`])).stdout, 'line\n');
});

test('select of what cannot be waited for: a sentence that names it', async (t) => {
  const { channels, own, circuit } = await commands(t);
  const [channel = ''] = channels;
  await circuit(['mkchan', channel, '1']);
  const failing: ReadonlyArray<readonly [string, RegExp]> = [
    [
      `${channel}/cap`,
      /\/x\/c\/cap: not a file to wait for; those are send, recv, trysend, tryrecv, stdin/,
    ],
    [channel, /\/x\/c: not a file to wait for/],
    [`${own}/peek`, /\/peek: not a file to wait for/],
    [own, /not a file to wait for/],
    ['/', /\/: not a file to wait for/],
    ['relative', /^circuit: relative is not a path/],
    ['/Xnone/c/recv', /\/Xnone\/c\/recv: there is no member Xnone/],
    [`${own}/none/recv`, /\/none\/recv: there is no anchor \/X[0-9a-f]{16}\/none/],
    [`${own}/x/recv`, /\/x\/recv: \/X[0-9a-f]{16}\/x has no element/],
    [
      `${channel}/wait`,
      /\/x\/c\/wait: \/X[0-9a-f]{16}\/x\/c is a channel, which has no source "wait"/,
    ],
  ];
  for (const [file, said] of failing) {
    // What is ready does not hide what is wrong.
    const { status, stdout, stderr } = await circuit(['select', `${channel}/send`, file]);
    t.deepEqual([status, stdout], [1, ''], file);
    t.regex(stderr, said);
    t.regex(stderr, /^circuit: [^\n]*\n$/);
  }
  t.is((await circuit(['select'])).status, 2);
});
