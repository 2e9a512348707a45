import { errorCode } from '../error.js';
import { MAX_CHUNK } from '../transport/limits.js';
import { MAX_WAITING, type OutgoingMessage, type WriteOptions } from './message.js';

/**
 * Writes to a message, and waits where it has to. Of one that begins, only as much is sent ahead
 * as waits without a receiver: the rest stays with the writer until somebody receives.
 * @param begun The message has begun.
 * @returns As {@link OutgoingMessage.write}
 */
export async function writeInPieces(
  message: Pick<OutgoingMessage, 'accept' | 'drained' | 'whenReady'>,
  data: Uint8Array,
  options: WriteOptions,
  begun: boolean,
): Promise<number> {
  const { signal, nonblock = false, last = false } = options;
  let size = begun || nonblock ? MAX_CHUNK : MAX_WAITING;
  let accepted = false;
  let taken = 0;
  try {
    if (begun && !nonblock) await message.drained(signal);
    for (;;) {
      const piece = data.subarray(taken, taken + size);
      const ends = taken + piece.length === data.length;
      try {
        await message.accept(piece, { signal, nonblock, last: last && ends });
      } catch (error) {
        if (nonblock || errorCode(error) !== 'EAGAIN') throw error;
        await message.whenReady(signal);
        continue;
      }
      accepted = true;
      taken += piece.length;
      if (ends) break;
      size = MAX_CHUNK;
      if (!nonblock) await message.whenReady(signal);
    }
    if (!nonblock) await message.drained(signal);
  } catch (error) {
    // To fail now would have what was taken written twice.
    const code = errorCode(error);
    if (!accepted || (code !== 'EINTR' && code !== 'EAGAIN')) throw error;
  }
  return taken;
}
