import test from 'ava';
import fc from 'fast-check';
import { DirectoryBuffer } from '../../../mount/wire/directory-buffer.js';
import { Message } from '../../../mount/wire/request.js';
import { Dirent, EntryOut } from '../../../mount/wire/structs.js';

/** Reads the entries as fs/fuse/readdir.c does. */
function parse(bytes: Uint8Array, plus: boolean) {
  const { bytes: buffer, view } = new Message(bytes);
  const entries = [];
  let at = 0;
  while (at < buffer.length) {
    const nodeid = plus ? EntryOut.decode(view, at).nodeid : undefined;
    const direntAt = at + (plus ? EntryOut.size : 0);
    const { ino, off, namelen, type } = Dirent.decode(view, direntAt);
    const nameAt = direntAt + Dirent.size;
    const name = buffer.toString('utf8', nameAt, nameAt + namelen);
    entries.push({ ino, off, type, name, ...(plus ? { nodeid } : {}) });
    at = Math.ceil((nameAt + namelen) / 8) * 8;
  }
  return entries;
}

const entry = fc.record({
  ino: fc.integer({ min: 1, max: 2 ** 40 }),
  off: fc.integer({ min: 1, max: 2 ** 40 }),
  type: fc.constantFrom(4, 8, 10),
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
});

for (const plus of [false, true]) {
  test(`READDIR${plus ? 'PLUS' : ''} encodes the entries that fit, whole and in order`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(fc.array(entry), fc.integer({ min: 0, max: 3000 }), (entries, size) => {
          const buffer = new DirectoryBuffer(size, plus);
          const fitting = entries.findIndex(
            (one) => !buffer.add(one, plus ? { nodeid: one.ino } : undefined),
          );
          const count = fitting < 0 ? entries.length : fitting;
          t.true(buffer.bytes.length <= size);
          const expected = entries
            .slice(0, count)
            .map((one) => (plus ? { ...one, nodeid: one.ino } : one));
          t.deepEqual(parse(buffer.bytes, plus), expected);
        }),
      ),
    );
  });
}
