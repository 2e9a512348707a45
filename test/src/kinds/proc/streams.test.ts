import { createHash, randomBytes } from 'node:crypto';
import test from 'ava';
import { writeAll } from '../../../../src/kinds/control-file.js';
import { readAll, readExactly, script, start, textOf, until } from './started.js';

const MIB = 1024 * 1024;

test('binary data passes through standard input and output unchanged', async (t) => {
  const process = await start(t, { Path: 'cat' });
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const feed = async () => {
    const writer = process.stdin.open();
    for (let i = 0; i < 64; i += 1) {
      const data = randomBytes(MIB);
      sent.update(data);
      t.is(await writeAll(writer, data), MIB);
    }
    writer.close();
  };
  const drain = async () => {
    const reader = process.stdout.open();
    let size = 0;
    for (;;) {
      const data = await reader.read(128 * 1024);
      if (data.length === 0) return size;
      received.update(data);
      size += data.length;
    }
  };
  const [size] = await Promise.all([drain(), feed()]);
  t.is(size, 64 * MIB);
  t.is(received.digest('hex'), sent.digest('hex'));
});

test.serial(
  'output that is received in turn takes no new memory; other output is kept',
  async (t) => {
    const process = await script(
      t,
      'head -c 65536 /dev/zero; head -c 65536 /dev/zero | tr "\\0" x',
    );
    const reader = process.stdout.open();
    const first = await reader.read(16 * 1024);
    await reader.settled(first, true);
    const second = await reader.read(16 * 1024);
    t.is(second.buffer, first.buffer);
    t.is(second.byteOffset, first.byteOffset);
    const rest = await readAll(reader);
    // A pipe gives what is in it by then, which may be less than was asked for.
    const all = Buffer.concat([Buffer.alloc(64 * 1024), Buffer.alloc(64 * 1024, 'x')]);
    t.true(Buffer.from(second).equals(all.subarray(0, second.length)));
    t.true(rest.equals(all.subarray(first.length + second.length)));
  },
);

test.serial('readers that stop hold 16 MiB at most together, and others go on', async (t) => {
  const MIB = 1024 * 1024;
  const buffers = new Map<ArrayBufferLike, number>();
  const received: (() => void | Promise<void>)[] = [];
  let given = 0;
  for (let count = 0; count < 40; count += 1) {
    const process = await script(t, 'cat /dev/zero');
    const reader = process.stdout.open();
    for (let turn = 0; turn < 10; turn += 1) {
      const data = await reader.read(512 * 1024);
      given += data.length;
      buffers.set(data.buffer, data.buffer.byteLength);
      received.push(() => reader.settled(data, true));
    }
  }
  const held = [...buffers.values()].reduce((sum, size) => sum + size, 0);
  t.log(`${given} bytes were read into ${held}`);
  // Each read of the last ones gives 4 KiB.
  t.true(held < 20 * MIB, `${held} bytes`);
  const other = await script(t, 'seq 100000');
  t.is((await readAll(other.stdout.open())).length, 588_895);
  for (const each of received) await each();
});

test('a reader that stops reading holds the process back at 64 KiB', async (t) => {
  const fill = `
import os, sys
os.write(1, b'x')
sys.stdin.readline()
os.set_blocking(1, False)
count = 0
try:
    while True: count += os.write(1, bytes(4096))
except BlockingIOError:
    print(count, file=sys.stderr, flush=True)
os.set_blocking(1, True)
os.write(1, bytes(10 << 20))
`;
  const process = await start(t, { Path: 'python3', Args: ['-c', fill] });
  const reader = process.stdout.open();
  t.is(await readExactly(reader, 1), 'x');
  await writeAll(process.stdin.open(), Buffer.from('\n'));
  t.is(await readExactly(process.stderr.open(), 6), '65536\n');
  t.is((await readAll(reader)).length, 65536 + (10 << 20));
});

test('unread output stays readable after exit', async (t) => {
  const process = await script(t, 'echo out; echo err >&2');
  await process.exited;
  t.is(await textOf(process.stdout), 'out\n');
  t.is(await textOf(process.stderr), 'err\n');
  t.is(await textOf(process.stdout), '');
});

test('the output ends when the children of the process have closed it, too', async (t) => {
  const process = await script(t, 'sleep 1000 & echo first');
  await process.exited;
  const reader = process.stdout.open();
  t.is(await readExactly(reader, 6), 'first\n');
  const error = await t.throwsAsync(reader.read(10, { nonblock: true }));
  t.like(error, { code: 'EAGAIN' });
  await process.scrub();
  t.is(await textOf(process.stdout), '');
});

test('readers share the pipe in the order in which they ask', async (t) => {
  const process = await start(t, { Path: 'cat' });
  const reads = [1, 2, 3].map((size) => process.stdout.open().read(size));
  const writer = process.stdin.open();
  await writeAll(writer, Buffer.from('abbccc'));
  const texts = (await Promise.all(reads)).map((data) => Buffer.from(data).toString());
  t.deepEqual(texts, ['a', 'bb', 'ccc']);
});

test('an aborted read loses nothing', async (t) => {
  const process = await start(t, { Path: 'cat' });
  const writer = process.stdin.open();
  const reader = process.stdout.open();
  let text = '';
  for (let i = 0; i < 200; i += 1) {
    const interrupt = new AbortController();
    const reads = [reader.read(4, { signal: interrupt.signal }), reader.read(4)];
    const written = writeAll(writer, Buffer.from(`${i},`));
    if (i % 3 === 0) await written;
    if (i % 3 === 1) setImmediate(() => interrupt.abort());
    else interrupt.abort();
    for (const result of await Promise.allSettled(reads.slice(0, 1))) {
      if (result.status === 'fulfilled') text += Buffer.from(result.value).toString();
      else t.like(result.reason, { code: 'EINTR' });
    }
    const rest = reads[1];
    // The second read takes what the first did not; if the first took it all, it needs more.
    await writeAll(writer, Buffer.from(';'));
    text += Buffer.from((await rest) ?? []).toString();
  }
  writer.close();
  text += await textOf(process.stdout);
  t.is(text, Array.from({ length: 200 }, (_, i) => `${i},;`).join(''));
});

test('a read that was aborted before it began does not take from the pipe', async (t) => {
  const process = await script(t, 'echo x');
  await process.exited;
  const error = await t.throwsAsync(process.stdout.open().read(9, { signal: AbortSignal.abort() }));
  t.like(error, { code: 'EINTR' });
  t.is(await textOf(process.stdout), 'x\n');
});

test('bytes that are pushed back are the next to be read, also by a reader that waits', async (t) => {
  const process = await start(t, { Path: 'cat' });
  const writer = process.stdin.open();
  const reader = process.stdout.open();
  await writeAll(writer, Buffer.from('abcdef'));
  const data = await reader.read(100);
  const waiting = reader.read(2);
  await reader.settled(data, false);
  const first = await waiting;
  t.is(Buffer.from(first).toString(), 'ab');
  await reader.settled(first, false);
  writer.close();
  t.is(await textOf(process.stdout), 'abcdef');
  await reader.settled(Buffer.from('late'), false);
  t.is(await textOf(process.stdout), 'late');
});

test('O_NONBLOCK: a read without data and a write without room give EAGAIN', async (t) => {
  const process = await start(t, { Path: 'sleep', Args: ['1000'] });
  const writer = process.stdin.open();
  const read = process.stdout.open().read(1, { nonblock: true });
  t.like(await t.throwsAsync(read), { code: 'EAGAIN' });
  t.is(await writeAll(writer, Buffer.alloc(MIB), { nonblock: true }), 64 * 1024);
  const write = writeAll(writer, Buffer.alloc(1), { nonblock: true });
  t.like(await t.throwsAsync(write), { code: 'EAGAIN' });
  t.false(await writer.ready());
});

test('a write waits for room, and one that is aborted tells how much was taken', async (t) => {
  const process = await start(t, { Path: 'sleep', Args: ['1000'] });
  const writer = process.stdin.open();
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const writing = writeAll(writer, Buffer.alloc(MIB), { signal });
  const queued = writeAll(writer, Buffer.alloc(1), { signal });
  const refused = t.throwsAsync(queued);
  await until(async () => !(await writer.ready()));
  interrupt.abort();
  t.is(await writing, 64 * 1024);
  t.like(await refused, { code: 'EINTR' });
});

test('several writers at once do not mix their bytes', async (t) => {
  const process = await start(t, { Path: 'cat' });
  const text = readAll(process.stdout.open());
  const writers = ['a', 'b', 'c'].map((letter) => {
    const writer = process.stdin.open();
    return writeAll(writer, Buffer.alloc(MIB, letter)).finally(() => writer.close());
  });
  await Promise.all(writers);
  const all = (await text).toString();
  t.is(all.length, 3 * MIB);
  t.regex(all, /^a+b+c+$/);
});

test('the process sees the end of its input when the last writer closes', async (t) => {
  const process = await start(t, { Path: 'cat' });
  const [one, other] = [process.stdin.open(), process.stdin.open()];
  await writeAll(one, Buffer.from('1'));
  one.close();
  one.close();
  await writeAll(other, Buffer.from('2'));
  t.is(process.phase, 'running');
  other.close();
  await process.exited;
  t.is(await textOf(process.stdout), '12');
});

test('the input stays open after writers that append, until another closes', async (t) => {
  const process = await start(t, { Path: 'cat' });
  for (const word of ['one ', 'two ']) {
    const writer = process.stdin.open({ append: true });
    await writeAll(writer, Buffer.from(word));
    writer.close();
  }
  const reader = process.stdout.open();
  t.is(await readExactly(reader, 8), 'one two ');
  t.is(process.phase, 'running');
  process.stdin.open().close();
  await process.exited;
  t.is(process.exit, '0');
});

test('writing the input of a process that has ended is EPIPE, though its children live', async (t) => {
  const process = await script(t, 'sleep 1000 & exit 0');
  const writer = process.stdin.open();
  await process.exited;
  t.like(await t.throwsAsync(writeAll(writer, Buffer.from('x'))), { code: 'EPIPE' });
  t.true(await writer.ready());
  t.like(await t.throwsAsync(writeAll(process.stdin.open(), Buffer.from('x'))), { code: 'EPIPE' });
});

test('a writer that waits gets EPIPE when the process ends or closes its input', async (t) => {
  const process = await script(t, 'read line; exec <&-; echo closed; exec sleep 1000');
  const writer = process.stdin.open();
  await writeAll(writer, Buffer.from('\n'));
  await readExactly(process.stdout.open(), 7);
  t.like(await t.throwsAsync(writeAll(writer, Buffer.from('x'))), { code: 'EPIPE' });
  const other = await start(t, { Path: 'sleep', Args: ['1000'] });
  const full = other.stdin.open();
  await writeAll(full, Buffer.alloc(64 * 1024));
  const waiting = t.throwsAsync(writeAll(full, Buffer.alloc(1)));
  other.signal('KILL');
  t.like(await waiting, { code: 'EPIPE' });
});

test('readiness: output becomes readable with data and at its end, input writable with room', async (t) => {
  const process = await start(t, { Path: 'cat' });
  const [reader, writer] = [process.stdout.open(), process.stdin.open()];
  t.false(await reader.ready());
  t.true(await writer.ready());
  const readable = reader.whenReady();
  const interrupt = new AbortController();
  const given = t.throwsAsync(reader.whenReady(interrupt.signal), { code: 'EINTR' });
  interrupt.abort();
  await given;
  await writeAll(writer, Buffer.from('x'));
  await readable;
  t.true(await reader.ready());
  await reader.read(1);
  t.false(await reader.ready());
  process.signal('STOP');
  await until(() => process.phase === 'stopped');
  await writeAll(writer, Buffer.alloc(64 * 1024));
  t.false(await writer.ready());
  const writable = writer.whenReady();
  process.signal('CONT');
  await writable;
  process.signal('KILL');
  await process.exited;
  await readAll(reader);
  t.true(await reader.ready());
  t.true(await writer.ready());
});

test('Retain does not hold the process back, and keeps the last bytes for every reader', async (t) => {
  const process = await start(t, { Path: 'seq', Args: ['100000'], Retain: 1000 });
  await process.exited;
  const all = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join('');
  t.is(await textOf(process.stdout), all.slice(-1000));
  t.is(await textOf(process.stdout), all.slice(-1000));
});

test('with Retain a reader gets the bytes that are kept, then follows until the end', async (t) => {
  const process = await start(t, { Path: 'cat', Retain: 100 });
  const writer = process.stdin.open();
  const early = process.stdout.open();
  t.false(await early.ready());
  await writeAll(writer, Buffer.from('before '));
  t.is(await readExactly(early, 7), 'before ');
  const late = process.stdout.open();
  t.is(await readExactly(late, 7), 'before ');
  const readable = late.whenReady();
  const interrupt = new AbortController();
  const aborted = t.throwsAsync(late.read(5, { signal: interrupt.signal }));
  interrupt.abort();
  t.like(await aborted, { code: 'EINTR' });
  t.like(await t.throwsAsync(late.read(5, { nonblock: true })), { code: 'EAGAIN' });
  await writeAll(writer, Buffer.from('after'));
  await readable;
  const data = await late.read(3);
  await late.settled(data, false);
  writer.close();
  t.is((await readAll(late)).toString(), 'after');
  t.is((await readAll(early)).toString(), 'after');
});

test('with Retain two reads at once of one reader both wait for bytes: neither is told of an end', async (t) => {
  const process = await start(t, { Path: 'cat', Retain: 100 });
  const writer = process.stdin.open();
  const reader = process.stdout.open();
  const reads = [reader.read(10), reader.read(10)];
  await writeAll(writer, Buffer.from('a'));
  await Promise.race(reads);
  await writeAll(writer, Buffer.from('b'));
  const texts = (await Promise.all(reads)).map((data) => Buffer.from(data).toString());
  t.is(texts.join(''), 'ab');
  t.false(texts.includes(''));
  writer.close();
});

test('with Retain a reader that is too slow goes on with the bytes that are kept', async (t) => {
  const process = await start(t, { Path: 'cat', Retain: 10 });
  const writer = process.stdin.open();
  const reader = process.stdout.open();
  await writeAll(writer, Buffer.from('0123456789'));
  t.is(await readExactly(reader, 2), '01');
  await writeAll(writer, Buffer.from('abcdef'));
  writer.close();
  await process.exited;
  const rest = (await readAll(process.stdout.open())).toString();
  t.is(rest, '6789abcdef');
  t.is((await readAll(reader)).toString(), '6789abcdef');
});
