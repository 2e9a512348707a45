import type { Host } from './host.js';

/** So many cases run at once on a host. Those of libfuse wait for its time-out most of the time. */
export const AT_ONCE: { readonly [host in Host]: number } = { native: 4, 'fuse-native': 16 };
