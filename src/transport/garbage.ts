/**
 * What large messages leave behind. V8 collects by how much its own heap has grown, and what
 * buffers hold lies outside of it: where messages take few objects, 64 MiB of dead buffers lie
 * about before it begins.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** After so many bytes what died young is collected, which takes a millisecond. */
const COLLECT_EVERY = 8 * 1024 * 1024;

let sinceCollected = 0;
let collect: Collect | undefined;

/** So many bytes went through buffers of their own. */
export function passed(bytes: number): void {
  sinceCollected += bytes;
  if (sinceCollected < COLLECT_EVERY) return;
  sinceCollected = 0;
  collect ??= collector();
  collect({ type: 'minor' });
}

/**
 * Collects everything that is dead, which takes up to a tenth of a second. Without an argument:
 * the V8 of Node 20 takes `{ type: 'major' }` for a minor collection.
 */
export function collectAll(): void {
  collect ??= collector();
  collect();
}

/** The one way to it in a process that was not started with the flag, which does not stay set. */
function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const gc: Collect = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return gc;
}

type Collect = (options?: { readonly type: 'minor' }) => void;
