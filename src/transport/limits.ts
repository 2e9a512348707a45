/** How much a peer may ask of us, and how long we wait for it. */

/** One WebSocket message, in bytes. */
export const MAX_MESSAGE = 8 * 1024 * 1024;

/** The most bytes that one call carries. */
export const MAX_CHUNK = 1024 * 1024;

/** How many bytes it carries while others wait. */
export const CONGESTED_CHUNK = 64 * 1024;

/** While more bytes than these wait to be sent, answers wait. */
export const WINDOW = 4 * 1024 * 1024;

/** An answer of fewer bytes is not held back. */
export const SMALL = 4 * 1024;

/**
 * How many bytes may wait for a slow peer all the same; then the connection is cut. Each program
 * of ours that sends has up to 1 MiB on its way.
 */
export const MAX_UNSENT = 512 * 1024 * 1024;

/**
 * How many calls and capabilities of one peer may be open at once; then the connection is cut. A
 * program that waits for a message takes two or three.
 */
export const MAX_OPEN_CALLS = 30_000;

/** How many sockets may not have proved yet that they hold the key; the oldest is evicted. */
export const MAX_UNPROVEN_SOCKETS = 256;

/** How many sockets may have proved the cluster key, and not have our address yet. */
export const MAX_INTRODUCED_SOCKETS = 256;

/** How many introductions a second: a cluster that starts at once, and a tenth of a processor. */
export const INTRODUCTIONS = 100;

/** From the first packet to an open WebSocket. */
export const HANDSHAKE_TIMEOUT_MS = 5_000;

/** How long a peer may take to answer a close frame; then it is cut off. */
export const CLOSE_TIMEOUT_MS = 500;

/** How long a call may take that only reads something from memory. */
export const CALL_TIMEOUT_MS = 5_000;

/** How long a call may take of a daemon that may itself wait for another: its answer is to be heard. */
export const RELAY_TIMEOUT_MS = CALL_TIMEOUT_MS + 500;

/** The side that made a connection pings its peer when it has heard nothing for so long. */
export const PING_AFTER_MS = 2_000;

/** A peer of which we heard nothing for so long is silent: a ping and its answer are overdue. */
export const SILENT_AFTER_MS = 3_500;

/** After so long its connection is cut. Until then it may only be slow. */
export const DEAD_AFTER_MS = 10_000;

/** An attended process is hung up when its attendant was silent for so long, */
export const ATTENDANT_GONE_AFTER_MS = 6_000;

/** and killed after so long, if it has not ended by itself. */
export const HANG_UP_GRACE_MS = 3_000;

/** How often all of this is checked. */
export const KEEPALIVE_INTERVAL_MS = 500;

/** A connection that nobody holds is closed after so long without a call. */
export const IDLE_TIMEOUT_MS = 60_000;
