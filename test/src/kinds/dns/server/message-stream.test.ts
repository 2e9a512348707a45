import test from 'ava';
import fc from 'fast-check';
import { MessageStream } from '../../../../../src/kinds/dns/server/message-stream.js';

/** The longest message. */
const MAX_BYTES = 0xffff;

function framed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]);
}

/** All messages that are complete. */
function taken(stream: MessageStream): Buffer[] {
  const messages: Buffer[] = [];
  for (let message = stream.take(); message; message = stream.take()) messages.push(message);
  return messages;
}

test('messages come out as they went in, wherever the stream is cut', (t) => {
  const property = fc.property(
    fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
    fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
    (messages, lengths) => {
      const bytes = Buffer.concat(messages.map(framed));
      const stream = new MessageStream();
      const out: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const end = at + lengths.next().value;
        stream.add(bytes.subarray(at, end));
        out.push(...taken(stream));
        at = end;
      }
      return (
        out.length === messages.length &&
        out.every((message, i) => message.equals(messages[i] ?? Buffer.alloc(0)))
      );
    },
  );
  t.notThrows(() => fc.assert(property));
});

test('a message that comes byte by byte is moved a few times, and takes little more room than it has', (t) => {
  const stream = new MessageStream();
  const bytes = framed(Buffer.alloc(MAX_BYTES, 'x'));
  const rooms = new Set<number>();
  for (const byte of bytes) {
    stream.add(Buffer.of(byte));
    rooms.add(stream.capacity);
  }
  t.true(rooms.size < 20, `${rooms.size} moves`);
  t.true(stream.capacity <= 2 * bytes.length, `${stream.capacity} bytes`);
  t.deepEqual(taken(stream), [bytes.subarray(2)]);
});

test('a stream that always has a piece of a message does not grow', (t) => {
  const stream = new MessageStream();
  const message = framed(Buffer.alloc(1_000, 'x'));
  // A whole one, with the end of the last and the beginning of the next.
  const piece = Buffer.concat([message.subarray(500), message, message.subarray(0, 500)]);
  stream.add(message.subarray(0, 500));
  let count = 0;
  for (let i = 0; i < 1_000; i += 1) {
    stream.add(piece);
    count += taken(stream).length;
  }
  t.is(count, 2_000);
  t.true(stream.capacity <= 4 * piece.length, `${stream.capacity} bytes`);
});
