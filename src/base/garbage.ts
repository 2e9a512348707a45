/**
 * Gives back the memory that streams leave behind. V8 collects when its own heap has grown, and the
 * content of buffers lies outside of it: where messages take few objects, 64 MiB of dead buffers
 * gather before it begins. While streams run, V8 also enlarges the space of young objects, to 32
 * MiB on Node 20 and 22 and to 64 MiB on 24 and later, and keeps that size when they have ended.
 */
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Listeners } from './listeners.js';

const MIB = 1024 * 1024;

/** After so many bytes the young dead objects are collected, which takes a millisecond. */
const COLLECT_EVERY_BYTES = 8 * MIB;

/** When memory has grown by so much, all dead objects are collected, which takes twenty. */
const MAX_GROWTH_BYTES = 16 * MIB;

/** How large the space of young objects may become, both halves of it. */
const YOUNG_SPACE_BYTES = 8 * MIB;

/** After so long without a stream memory is given back. */
const REST_MS = 3000;

/** After so long again, when V8 has freed it, it is given to the kernel. */
const SWEPT_MS = 1000;

/** Without options it collects all dead objects; on Node 20 any options mean `minor`. */
type Collect = (options?: {
  readonly type: 'minor' | 'major';
  /** Also makes the space of young objects small again. */
  readonly flavor?: 'last-resort';
}) => void;

const KNOWS_FLAVORS = Number.parseInt(process.versions.node, 10) >= 22;

const resting = new Listeners();
let sinceLooked = 0;
let sinceCollected = 0;
/** Whether some of the bytes had buffers of their own. */
let inBuffers = false;
/** The least size, in V8's heap and outside of it, since all dead objects were collected. */
let least = Number.POSITIVE_INFINITY;
let growing = true;
let collect: Collect | undefined;
let trim: (() => void) | undefined;
let rest: NodeJS.Timeout | undefined;
let freeing: NodeJS.Timeout | undefined;

/** Notes that so many bytes of a stream went through this process. */
export function moved(bytes: number): void {
  sinceLooked += bytes;
  if (sinceLooked < MIB) return;
  sinceCollected += sinceLooked;
  sinceLooked = 0;
  rest ??= setTimeout(giveBack, REST_MS).unref();
  rest.refresh();
  if (growing && youngSpace() >= YOUNG_SPACE_BYTES) grow(false);
  if (sinceCollected < COLLECT_EVERY_BYTES) return;
  sinceCollected = 0;
  collect ??= collector();
  if (inBuffers) collect({ type: 'minor' });
  inBuffers = false;
  const { used_heap_size, external_memory } = getHeapStatistics();
  const size = used_heap_size + external_memory;
  least = Math.min(least, size);
  if (size < least + MAX_GROWTH_BYTES) return;
  least = Number.POSITIVE_INFINITY;
  collect();
}

/** As {@link moved}, for bytes that had buffers of their own. */
export function passed(bytes: number): void {
  inBuffers = true;
  moved(bytes);
}

/** Notes that much old memory is not needed any more: it is given back soon, whatever else runs. */
export function freed(): void {
  if (freeing) return;
  freeing = setTimeout(() => {
    freeing = undefined;
    giveBack();
  }, REST_MS).unref();
}

/** Calls the listener when streams have come to rest, to release what it keeps for the next one. */
export function onRest(listener: () => void): void {
  resting.add(listener);
}

/** @param run Gives the kernel the freed memory that the C library keeps. */
export function trimBy(run: () => void): void {
  trim = run;
}

function giveBack(): void {
  clearTimeout(rest);
  rest = undefined;
  resting.tell();
  collect ??= collector();
  if (KNOWS_FLAVORS) collect({ type: 'major', flavor: 'last-resort' });
  else collect();
  grow(true);
  // V8 frees the buffers later, on a thread of its own.
  if (trim) setTimeout(trim, SWEPT_MS).unref();
}

function youngSpace(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}

/** Whether V8 may enlarge the space of young objects: its limit is fixed when a process starts. */
function grow(wanted: boolean): void {
  growing = wanted;
  setFlagsFromString(`--semi-space-growth-factor=${wanted ? 2 : 1}`);
}

/** The only way to the collector in a process that was started without the flag, which is reset. */
function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const gc: Collect = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return gc;
}
