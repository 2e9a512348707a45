/** What a peer may ask of us, and how long we wait for it. Times are in milliseconds. */

/** One WebSocket message, in bytes: a roster of some 20,000 members. */
export const MAX_MESSAGE = 8 * 1024 * 1024;

/** What waits for a peer that does not read, in bytes; then the connection is cut. */
export const MAX_UNSENT = 64 * 1024 * 1024;

/** Calls and capabilities of one peer that may be open at once. */
export const MAX_OPEN_CALLS = 10_000;

/** Sockets that have not proved that they hold the key; the oldest goes first. */
export const MAX_UNPROVEN_SOCKETS = 256;

/** From the first packet to an open WebSocket. */
export const HANDSHAKE_TIMEOUT = 5_000;

/** A call that does nothing but answer. */
export const CALL_TIMEOUT = 5_000;

/** A silent connection is pinged this often, and is dead if nothing comes until the next time. */
export const KEEPALIVE_INTERVAL = 5_000;

/** A connection that nobody holds closes after so long without a call. */
export const IDLE_TIMEOUT = 60_000;
