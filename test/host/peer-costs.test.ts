import { readFileSync } from 'node:fs';
import test from 'ava';
import type { CircuitTarget } from '../../src/anchor/circuit-target.js';
import { Address } from '../../src/base/address.js';
import { dial } from '../../src/transport/dial.js';
import { Ending } from '../../src/transport/ending.js';
import { MAX_CHUNK } from '../../src/transport/limits.js';
import { startRpc } from '../../src/transport/rpc.js';
import { blocked, channelViews, type Program, type View } from './channels.js';
import { eventually } from './cluster.js';
import { growth, MIB, residentSet } from './memory.js';

/** Measurements run one after the other. */
const alone = test.serial;

/** Channels of capacity 1, each of which a peer sends 1 MiB. */
const CHANNELS = 1_000;

/** By how much a daemon may have grown where the messages of one connection hold all they may. */
const BOUNDED = 192 * MIB;

/** And when they are gone: what a thousand channels and calls leave in V8's heap. */
const GIVEN_BACK = 48 * MIB;

/** Memory is back by then, in milliseconds. */
const BACK_WITHIN = 10_000;

/** A program that holds the address of a daemon, and calls it without the library's manners. */
async function peerOf(address: string) {
  const socket = await dial(Address.parse(address), {});
  return {
    socket,
    main: startRpc<CircuitTarget>(socket, undefined, () => {}, new Ending(socket, 'the daemon')),
  };
}

alone(
  'a peer that sends to a thousand channels without waiting takes 64 MiB, which are back after a scrub',
  async (t) => {
    const { owner, name, local, remote } = await channelViews(t);
    const { socket, main } = await peerOf(owner.address);
    t.teardown(() => socket.terminate());
    using member = main.member(name);
    const names = Array.from({ length: CHANNELS }, (_, i) => `c${i}`);
    const making = names.map((each) => member.make([each], 'mkchan', '1'));
    const channels = await Promise.all(making);
    const before = residentSet(owner);
    const held: Disposable[] = [...channels];
    const refusals = new Set<string>();
    let bytes = 0;
    const [grown = 0] = await growth([owner], async () => {
      for (const channel of channels) {
        const message = channel.sink('send', false);
        held.push(message);
        // Again and again, whatever is answered.
        const pieces = [1, 2, 3].map(() =>
          message.accept(new Uint8Array(MAX_CHUNK).fill(1), true, false).then(
            ({ taken }) => {
              bytes += taken ?? 0;
            },
            (error: Error) => refusals.add(error.message),
          ),
        );
        await Promise.all(pieces);
      }
    });
    t.log(`${bytes} bytes accepted, the daemon grew by ${Math.round(grown / MIB)} MiB`);
    // One piece may go beyond the bound.
    t.true(bytes >= 60 * MIB && bytes <= 65 * MIB, `${bytes}`);
    t.true(grown < BOUNDED, `${grown}`);
    t.regex([...refusals].join(), /the receiver is behind.*came over this connection hold/s);
    // Others are not held up, wherever they are.
    for (const view of [local, remote]) {
      const passed = await view.sh(
        'mkdir d; echo 1 > d/mkchan; echo hi > d/send; cat d/recv; echo > d/scrub; rmdir d',
      );
      t.deepEqual([passed.stdout, passed.stderr], ['hi\n', '']);
    }
    t.is(JSON.parse((await channels[0]?.value('peek')) ?? '').NumSend, 1);
    for (const channel of channels) await channel.command('scrub', '');
    for (const each of held) each[Symbol.dispose]();
    await eventually(
      async () => Math.round((residentSet(owner) - before) / MIB),
      (more) => more < GIVEN_BACK / MIB,
      BACK_WITHIN,
    );
    t.true(socket.readyState === socket.OPEN);
  },
);

alone('a program that writes 1 GiB to a message without a receiver is held back', async (t) => {
  const { owner, others, local, remote } = await channelViews(t);
  const writers: { readonly view: View; readonly name: string; readonly writer: Program }[] = [];
  const grown = await growth([owner, ...others], async () => {
    for (const view of [local, remote]) {
      const name = view.name;
      const made = await view.sh(`mkdir ${name} && echo 1 > ${name}/mkchan`);
      t.is(made.status, 0, made.stderr);
      const writer = view.spawn('sh', '-c', `exec head -c 1G /dev/zero > ${name}/send`);
      await blocked(writer);
      const written = /^wchar: (\d+)$/m.exec(readFileSync(`/proc/${writer.pid}/io`, 'utf8'))?.[1];
      t.true(Number(written) < 2 * MIB, `${written} bytes were written`);
      t.is(JSON.parse((await view.sh(`cat ${name}/peek`)).stdout).NumSend, 1);
      writers.push({ view, name, writer });
    }
  });
  for (const bytes of grown) t.true(bytes < 32 * MIB, `a daemon grew by ${bytes} bytes`);
  for (const { view, name, writer } of writers) {
    t.is((await view.sh(`head -c 1 ${name}/recv | wc -c`)).stdout.trim(), '1');
    t.is(await writer.status, 1);
    t.regex(await writer.stderr, /Broken pipe/);
  }
});
