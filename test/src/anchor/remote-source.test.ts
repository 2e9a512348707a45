import test from 'ava';
import { MAX_PIECE, type WaitOptions, writeAll } from '../../../src/kinds/control-file.js';
import { peer } from './toy-circuit.js';

test('a read without waiting that is interrupted loses nothing', async (t) => {
  const { circuit, member } = await peer(t);
  const interrupted = async (read: (options: WaitOptions) => Promise<Uint8Array>) => {
    const giveUp = new AbortController();
    const reading = read({ nonblock: true, signal: giveUp.signal });
    giveUp.abort();
    await t.throwsAsync(reading, { code: 'EINTR' });
  };
  const text = (data: Uint8Array) => Buffer.from(data).toString();

  using process = await member.make(['p'], 'mkproc', '{"Path":"echo","Args":["one"]}');
  t.regex(text(await process.source('wait').read(MAX_PIECE)), /"Phase": "exited"/);
  const output = process.source('stdout');
  await interrupted((options) => output.read(2, options));
  t.is(text(await output.read(10)), 'one\n');
  output.close();

  using channel = await member.make(['c'], 'mkchan', '1');
  using sender = await circuit.member().files(['c']);
  await writeAll(sender.sink('send'), Buffer.from('two'), { last: true });
  const message = channel.source('recv');
  await interrupted((options) => message.read(1, options));
  t.is(text(await message.read(10)), 'two');
  message.close();
});

test('a read that waits while the bytes before it are pushed back reads them', async (t) => {
  const { circuit, member } = await peer(t);
  using channel = await member.make(['c'], 'mkchan', '1');
  using sender = await circuit.member().files(['c']);
  const sending = sender.sink('send');
  await writeAll(sending, Buffer.from('message'));
  const message = channel.source('recv');
  const first = await message.read(MAX_PIECE);
  const next = message.read(MAX_PIECE);
  // It is asked for over there by then.
  t.false(await message.ready());
  await message.settled(first, false);
  t.is(Buffer.from(await next).toString(), 'message');
  await message.settled(first, true);
  message.close();
  sending.close();
});

test('a source that is closed is not opened anew', async (t) => {
  const { member } = await peer(t);
  using channel = await member.make(['c'], 'mkchan', '1');
  const message = channel.source('recv');
  message.close();
  await t.throwsAsync(message.ready(), { code: 'EIO' });
  await t.throwsAsync(message.whenReady(), { code: 'EIO' });
  await t.throwsAsync(message.read(1), { code: 'EIO' });
});
