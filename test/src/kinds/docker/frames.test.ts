import test from 'ava';
import fc from 'fast-check';
import { Frames } from '../../../../src/kinds/docker/frames.js';

test('the contents of frames are the same in whatever pieces they come', (t) => {
  const frame = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(frame),
      fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
      (contents, sizes) => {
        const stream = Buffer.concat(contents.flatMap((bytes) => [header(bytes.length), bytes]));
        const frames = new Frames();
        const got: Uint8Array[] = [];
        for (let at = 0; at < stream.length; ) {
          const size = sizes.next().value;
          got.push(new Uint8Array(frames.contents(new Uint8Array(stream.subarray(at, at + size)))));
          at += size;
        }
        t.deepEqual(Buffer.concat(got), Buffer.concat(contents));
      },
    ),
  );
});

function header(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes[0] = 1;
  bytes.writeUInt32BE(length, 4);
  return bytes;
}
