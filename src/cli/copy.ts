import type { Readable } from 'node:stream';
import { type Sink, type Source, writeAll } from '../kinds/control-file.js';
import { readAll } from '../kinds/streams.js';
import { type Output, written } from './output.js';

/** Writes all that comes to a sink, and then closes it; resolves when it has all been taken. */
export async function copyIn(from: Readable, to: Sink): Promise<void> {
  try {
    for await (const chunk of from) {
      for (let rest: Uint8Array = chunk; rest.length > 0; ) {
        rest = rest.subarray(await writeAll(to, rest));
      }
    }
    await writeAll(to, new Uint8Array(), { last: true });
  } catch (error) {
    to.abort();
    throw error;
  }
}

/** Writes all of a source to one of our outputs. Bytes are delivered when they are written there. */
export async function copyOut(from: Source, to: Output): Promise<void> {
  try {
    for await (const data of readAll(from)) await written(to, data);
  } finally {
    from.close();
  }
}
