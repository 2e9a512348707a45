import { errorCode } from '../../base/error.js';
import { MAX_CHUNK } from '../../transport/limits.js';
import { MAX_WAITING, type OutgoingMessage, type WriteOptions } from './message.js';
import { LEAST_PIECE } from './message-memory.js';

/** By how much a piece is smaller than one that had no room, and the next one is larger again. */
const STEP = 16;

/**
 * Writes to a message, and waits where it has to. A message that begins sends ahead only as much
 * as waits without a receiver: the rest stays with the writer until somebody receives. Where a
 * piece has no room, a smaller one may have; but a message begins with the whole of its first
 * piece, so that a small one that fails with EAGAIN has not been sent in part.
 * @param begun The message has begun.
 * @returns As {@link OutgoingMessage.write}
 */
export async function writeInPieces(
  message: Pick<OutgoingMessage, 'accept' | 'drained' | 'ready' | 'whenReady'>,
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
        if (errorCode(error) !== 'EAGAIN') throw error;
        const isSmallest = !(begun || accepted) || piece.length <= LEAST_PIECE;
        if (nonblock && (isSmallest || !(await message.ready(signal)))) throw error;
        if (!nonblock) await message.whenReady(signal);
        if (!isSmallest) size = Math.max(LEAST_PIECE, Math.ceil(piece.length / STEP));
        continue;
      }
      accepted = true;
      taken += piece.length;
      if (ends) break;
      size = Math.min(MAX_CHUNK, size * STEP);
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
