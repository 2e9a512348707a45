/** What a peer may ask of us, and how long we wait for it. Times are in milliseconds. */

/** One WebSocket message, in bytes. */
export const MAX_MESSAGE = 8 * 1024 * 1024;

/** The most bytes that one call carries. */
export const MAX_CHUNK = 1024 * 1024;

/** How many it carries while others wait. */
export const CONGESTED_CHUNK = 64 * 1024;

/** While more than this lies unsent, in bytes, answers wait. */
export const WINDOW = 4 * 1024 * 1024;

/** Of fewer bytes than these no heed is taken. */
export const SMALL = 4 * 1024;

/**
 * What may lie unsent all the same for a peer that is slow, in bytes; then the connection is
 * cut. Each program of ours that sends has up to 1 MiB on its way.
 */
export const MAX_UNSENT = 512 * 1024 * 1024;

/**
 * Calls and capabilities of one peer that may be open at once; then the connection is cut. A
 * program that waits for a message takes two or three.
 */
export const MAX_OPEN_CALLS = 30_000;

/** Sockets that have not proved that they hold the key; the oldest goes first. */
export const MAX_UNPROVEN_SOCKETS = 256;

/** From the first packet to an open WebSocket. */
export const HANDSHAKE_TIMEOUT_MS = 5_000;

/** A peer that has not answered the close frame by then is cut off. */
export const CLOSE_TIMEOUT_MS = 500;

/** A call that does nothing but answer. */
export const CALL_TIMEOUT_MS = 5_000;

/** Who made a connection pings its peer when it has heard nothing for so long. */
export const PING_AFTER_MS = 2_000;

/** A peer that was not heard of for so long is silent: a ping and its answer are overdue. */
export const SILENT_AFTER_MS = 3_500;

/** And its connection is cut after so long: what runs over it may only be slow. */
export const DEAD_AFTER_MS = 10_000;

/** A process that somebody attends is hung up after its attendant was silent for so long. */
export const ATTENDANT_GONE_AFTER_MS = 6_000;

/** And killed after so long, if it has not ended by itself. */
export const HANG_UP_GRACE_MS = 3_000;

/** How often connections are looked at for all of this. */
export const KEEPALIVE_INTERVAL_MS = 500;

/** A connection that nobody holds closes after so long without a call. */
export const IDLE_TIMEOUT_MS = 60_000;
