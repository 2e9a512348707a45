import { once } from 'node:events';
import test from 'ava';
import type { Source } from '../../../src/kinds/control-file.js';
import { SourceStream } from '../../../src/kinds/streams.js';

test('bytes that come when the stream has just been destroyed are pushed back', async (t) => {
  let pushedBack = '';
  const source: Source = {
    read: async () => Buffer.from('data'),
    settled: (data, delivered) => {
      if (!delivered) pushedBack += Buffer.from(data).toString();
    },
    ready: async () => true,
    whenReady: async () => {},
    close: () => {},
  };
  const stream = new SourceStream(source);
  stream.read(0);
  stream.destroy();
  await once(stream, 'close');
  t.is(pushedBack, 'data');
});
