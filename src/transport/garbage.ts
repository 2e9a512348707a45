/**
 * What large messages leave behind. V8 sees a buffer as small as the object that stands for
 * it, and collects by what its own heap has grown: one that handles messages in few steps
 * would have 64 MiB of dead buffers lying about before it begins.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** After so many bytes what died young is collected, which takes a millisecond. */
const COLLECT_EVERY = 8 * 1024 * 1024;

let left = 0;
let collect: ((options: { type: 'minor' }) => void) | undefined;

/** So many bytes went through buffers of their own. */
export function passed(bytes: number): void {
  left += bytes;
  if (left < COLLECT_EVERY) return;
  left = 0;
  if (!collect) {
    // The one way to it in a process that was not started with the flag.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc');
  }
  collect?.({ type: 'minor' });
}
