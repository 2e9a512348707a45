import { trimMemory } from '../native/index.js';
import { collectAll } from './transport/garbage.js';

/** How long is waited for more to become free, in milliseconds. */
const PATIENCE = 3_000;

/** How long V8's threads take at most to free what was collected, in milliseconds. */
const SWEEPING = 1_000;

let returning = false;

/**
 * Gives the kernel the memory of what was kept for long and is kept no more. Neither V8, while
 * nothing happens, nor the C library does so by itself.
 */
export function returnMemorySoon(): void {
  if (returning) return;
  returning = true;
  setTimeout(() => {
    returning = false;
    collectAll();
    setTimeout(trimMemory, SWEEPING).unref();
  }, PATIENCE).unref();
}
