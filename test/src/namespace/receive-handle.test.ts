import test from 'ava';
import { LocalChannel } from '../../../src/anchor/local-channel.js';
import { ChannelElement } from '../../../src/kinds/chan/channel.js';
import { ReceiveHandle } from '../../../src/namespace/channel.js';
import { Renderings } from '../../../src/namespace/renderings.js';

const { signal } = new AbortController();
const CALLER = { uid: 0, gid: 0, pid: 1, filesOwner: 0, unique: 1, signal, aborted: false };

test('what does not reach the reader in the middle of a message is what it reads next', async (t) => {
  const channel = new LocalChannel(new ChannelElement(0));
  const handle = new ReceiveHandle(channel, false, new Renderings());
  const read = async (size: number) => {
    const data = await handle.read(0, size, false, CALLER);
    return { data, text: Buffer.from(data).toString() };
  };
  const sent = channel.send().write(Buffer.from('one two'), { last: true });
  const begun = await read(3);
  handle.settled(begun.data, true);
  await sent;
  const lost = await read(10);
  t.is(lost.text, ' two');
  handle.settled(lost.data, false);
  for (const text of [' t', 'wo', '']) t.is((await read(2)).text, text);
  handle.release();
});
