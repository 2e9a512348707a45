import test from 'ava';
import { eventually } from '../../host/cluster.js';
import { commands } from './commands.js';

test('mk@join first gives the members that are there; recv prints one', async (t) => {
  const { own, other, channels, circuit, peek } = await commands(t);
  for (const path of channels) {
    t.is((await circuit(['mk@join', path])).status, 0);
    t.is((await peek(path)).Pending, 2);
    const told = [await circuit(['recv', path]), await circuit(['recv', path])];
    t.deepEqual(
      told.map(({ stdout }) => stdout),
      [`${own}\n`, `${other}\n`].sort(),
    );
    t.is((await peek(path)).Pending, 0);
  }
});

test('mk@join, mk@leave, recv, peek, ls -l and scrub, at any member', async (t) => {
  const { cluster, a, b, own, other, channels, circuit, peek } = await commands(t);
  const quiet = { stdout: '', stderr: '', status: 0 };
  const both = channels.flatMap((path) => [`${path}/j`, `${path}/l`]);
  for (const path of both) {
    t.like(await circuit([path.endsWith('j') ? 'mk@join' : 'mk@leave', path]), quiet);
  }
  for (const path of both.filter((each) => each.endsWith('j'))) {
    for (const _member of [own, other]) await circuit(['recv', path]);
  }
  const third = await cluster.start('--no-mount', '-j', b.address);
  const listed = async (count: number) => {
    const ls = () => cluster.circuit(['ls', '-d', a.address]);
    const { stdout } = await eventually(ls, (seen) => seen.stdout.split('\n').length === count + 1);
    return stdout.split('\n');
  };
  const all = await listed(3);
  await third.stop();
  const left = await listed(2);
  const name = all.find((line) => !left.includes(line));
  for (const path of both) {
    const Source = path.endsWith('j') ? '@join' : '@leave';
    t.like(await circuit(['recv', path]), { ...quiet, stdout: `${name}\n` });
    t.deepEqual(await peek(path), { Source, Pending: 0, Closed: false });
  }
  for (const path of channels) {
    const { stdout } = await circuit(['ls', '-l', path]);
    t.is(stdout, `@join   ${path}/j\n@leave  ${path}/l\n`);
  }
  for (const path of both) {
    t.like(await circuit(['scrub', path]), quiet);
    t.is((await circuit(['recv', path])).status, 1);
  }
});

test('a verb that a subscription does not have: exit 1 and a sentence', async (t) => {
  const { channels, own, circuit, start } = await commands(t);
  for (const path of channels) {
    await circuit(['mk@join', path]);
    const failing: ReadonlyArray<readonly [readonly string[], RegExp]> = [
      [['mk@leave', path], /has a subscription already$/],
      [['mkchan', path, '1'], /has a subscription already$/],
      [['mk@join', own], /is not an anchor/],
      [
        ['send', path],
        /is a subscription, which has no sink "send", only recv, peek, kind, scrub$/,
      ],
      [['close', path], /is a subscription, which has no command "close", only scrub$/],
      [['wait', path], /is a subscription, which has no source "wait", only recv$/],
    ];
    for (const [args, said] of failing) {
      const { status, stdout, stderr } = await circuit(args, 'x');
      t.deepEqual([status, stdout], [1, ''], args.join(' '));
      t.regex(stderr.trimEnd(), said);
    }
    t.is((await circuit(['recv', path])).status, 0);
    t.is((await circuit(['recv', path])).status, 0);
    const waiting = start('recv', path);
    t.is((await circuit(['scrub', path])).status, 0);
    t.is(await waiting.status, 1);
    // Where it was too late to wait there was no element any more.
    t.regex(
      await waiting.stderr,
      /^circuit: (the subscription was scrubbed|.* has no element|there is no anchor \/X[0-9a-f]{16}\/x)\n$/,
    );
  }
  t.is((await circuit(['mk@join'])).status, 2);
});
