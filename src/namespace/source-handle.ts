import { type Caller, type Handle, PollEvents } from '../../mount/node.js';
import type { Files, Source } from '../kinds/control-file.js';
import { Readiness } from './readiness.js';
import type { Renderings } from './renderings.js';

/** An open source. @param files Disposed with it. */
export function sourceHandle(files: Files, source: Source, renderings: Renderings) {
  const readiness = new Readiness(source, PollEvents.in);
  return {
    io: 'stream',
    poll: (notify) => readiness.poll(notify),
    read: async (_offset: number, size: number, nonblock: boolean, { signal }: Caller) => {
      const data = await source.read(size, { signal, nonblock });
      renderings.expire();
      return data;
    },
    settled: (data: Uint8Array, delivered: boolean) => void source.settled(data, delivered),
    release: () => {
      readiness.end();
      source.close();
      files[Symbol.dispose]();
    },
  } satisfies Handle;
}
