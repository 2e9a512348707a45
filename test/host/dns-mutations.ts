import type { Random } from '../sim/random.js';

const [A, NS, MX, TXT, OPT, AXFR, ANY] = [1, 2, 15, 16, 41, 252, 255];
/** The length of a message's header, in bytes. */
export const HEADER = 12;

/** A query (RFC 1035, section 4.1) for a name given as its labels. */
export function query(id: number, labels: readonly string[], type = A, options = ''): Buffer {
  const name = labels.map((label) => String.fromCharCode(label.length) + label).join('');
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(1, 4);
  const question = Buffer.concat([Buffer.from(`${name}\0`, 'latin1'), words(type, 1)]);
  if (options === '') return Buffer.concat([header, question]);
  header.writeUInt16BE(1, 10);
  const data = Buffer.from(options, 'hex');
  const opt = Buffer.concat([Buffer.from([0]), words(OPT, 1232, 0, 0, data.length), data]);
  return Buffer.concat([header, question, opt]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, 2 * i);
  return bytes;
}

/** A cookie (RFC 7873), and an option that nobody knows. */
const OPTIONS = '000a00080102030405060708fde90002abcd';

/** Queries as resolvers send them; what is wrong is made of these. */
const SOUND: readonly Buffer[] = [A, NS, MX, TXT, AXFR, ANY].flatMap((type) => [
  query(0, ['miek', 'nl'], type),
  query(0, ['many', 'miek', 'nl'], type, OPTIONS),
  query(0, ['x'.repeat(63), 'y'.repeat(63), 'any', 'wild', 'miek', 'nl'], type, OPTIONS),
  query(0, ['nothing', 'miek', 'nl'], type),
  query(0, [], type),
]);

/** Numbers at which a parser goes wrong: of lengths, counts, and pointers. */
const EDGES = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xfe, 0xff];

/** A message with this ID that has been sound: with one to four mistakes. */
export function mutated(random: Random, id: number): Buffer {
  let message: Buffer = Buffer.from(random.pick(SOUND));
  for (let mistakes = random.integer(1, 4); mistakes > 0; mistakes -= 1) {
    message = mistake(random, message);
  }
  if (message.length >= 2) message.writeUInt16BE(id, 0);
  return message;
}

function mistake(random: Random, message: Buffer): Buffer {
  if (message.length === 0) return Buffer.from([random.integer(0, 255)]);
  const at = random.integer(0, message.length - 1);
  const byte = message[at] ?? 0;
  switch (random.integer(0, 7)) {
    case 0:
      message[at] = byte ^ (1 << random.integer(0, 7));
      return message;
    case 1:
      message[at] = random.pick(EDGES);
      return message;
    case 2:
      // Of the header: the counts of what follows.
      message[random.integer(2, HEADER - 1) % message.length] = random.pick(EDGES);
      return message;
    case 3:
      return message.subarray(0, at);
    case 4:
      return Buffer.concat([message, message.subarray(at)]);
    case 5:
      // A pointer, forwards, backwards, or to itself.
      if (at + 2 > message.length) return message;
      message.writeUInt16BE(0xc000 | random.integer(0, message.length + 1), at);
      return message;
    case 6:
      return Buffer.concat([message.subarray(0, at), message.subarray(at + random.integer(1, 4))]);
    default:
      return Buffer.concat([
        message.subarray(0, at),
        Buffer.alloc(random.integer(1, 70), random.pick(EDGES)),
        message.subarray(at),
      ]);
  }
}
