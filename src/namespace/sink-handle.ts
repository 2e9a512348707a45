import { type Handle, PollEvents } from '../../mount/node.js';
import { errorCode } from '../base/error.js';
import { type Files, isRetriable, type Sink, writeAll } from '../kinds/control-file.js';
import { type Place, pathOf } from './operation.js';
import { Readiness } from './readiness.js';

/**
 * An open sink. The file `error` tells why a write failed, but the log nothing.
 * @param files Disposed with it.
 */
export function sinkHandle(place: Place, files: Files, sink: Sink): Handle {
  const { failures, renderings } = place.context;
  const readiness = new Readiness(sink, PollEvents.out);
  /** A program that held it open has been killed since the last write: it may not be complete. */
  let isAbandoned = false;
  return {
    io: 'stream',
    poll: (notify) => readiness.poll(notify),
    write: async (data, nonblock, { signal }) => {
      isAbandoned = false;
      try {
        return await writeAll(sink, data, { signal, nonblock });
      } catch (error) {
        // A file that tries once fails with EAGAIN; a program that does not block writes again.
        const isTry = !nonblock && errorCode(error) === 'EAGAIN';
        if (isTry || !isRetriable(error)) failures.note(pathOf(place), error);
        throw error;
      } finally {
        renderings.expire();
      }
    },
    // The program need not be the last to close it: timeout(1), and a shell, hold it, too.
    abandon: () => {
      isAbandoned = true;
    },
    release: () => {
      readiness.end();
      if (isAbandoned) sink.abort();
      else sink.close();
      files[Symbol.dispose]();
    },
  };
}
