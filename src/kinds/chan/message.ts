/** One message of a channel, as its sender and its receiver have it. */

/** How much of a message waits for its receiver, in bytes. */
export const MAX_WAITING = 64 * 1024;

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fail with EAGAIN where the call would wait. */
  readonly nonblock?: boolean | undefined;
}

export interface WriteOptions extends WaitOptions {
  /** These bytes, which may be none, complete the message. */
  readonly last?: boolean | undefined;
}

/** A message on its way into a channel. */
export interface OutgoingMessage {
  /**
   * Waits for room, adds bytes, and waits until they are {@link drained}.
   * @returns How many were taken, which are the writer's again: fewer where it was interrupted,
   *   or would have to wait, after the first of them.
   * @throws CircuitError as {@link accept}
   */
  write(data: Uint8Array, options?: WriteOptions): Promise<number>;
  /**
   * Adds bytes. The first of them wait until the message is accepted, by a receiver or by a
   * free place. For room nobody waits here: {@link whenReady} does.
   * @returns Whether there is no room for more, so that {@link drained} would wait.
   * @throws CircuitError EPIPE (closed, or the receiver has gone), EAGAIN (there is no room, or
   *   no memory; or what `nonblock` says), EINTR (not accepted; a message written in one piece
   *   may have been in that very moment)
   */
  accept(data: Uint8Array, options?: WriteOptions): Promise<boolean>;
  /** Resolves when no more than 64 KiB wait for the receiver. @throws CircuitError EPIPE, EINTR */
  drained(signal?: AbortSignal): Promise<void>;
  /** Whether there is room for more of the message, and memory. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when there may be. @throws CircuitError EINTR */
  whenReady(signal?: AbortSignal): Promise<void>;
  /**
   * Completes the message, for a sender that could not be told of a failure; one that
   * wants to know writes its last bytes as `last`. One that was never written to is not sent.
   */
  end(): void;
  /**
   * The sender has gone: a receiver that has begun to read fails with EIO. So does whatever
   * waits here, or with EINTR before the message was accepted. One that is complete, and
   * accepted, stays.
   */
  abort(): void;
}

/** A message on its way out of a channel. */
export interface IncomingMessage {
  /**
   * The first read waits for a message. It is this receiver's only when
   * {@link delivered} is called; until then, {@link close} gives it to the next one.
   * @returns Up to `max` bytes; none at the end of the message.
   * @throws CircuitError ENODATA (closed and drained), EIO (the sender has gone), EAGAIN, EINTR
   */
  read(max: number, options?: WaitOptions): Promise<Uint8Array>;
  /** Whether what was read is known to be the whole message: another read would give its end. */
  readonly complete: boolean;
  /** Whether a read of a message that has begun would be answered at once. */
  ready(signal?: AbortSignal): Promise<boolean>;
  /** Resolves when it may be. */
  whenReady(signal?: AbortSignal): Promise<void>;
  /** The receiver has the bytes that the first read gave. */
  delivered(): Promise<void>;
  /** The receiver has gone, or has had enough. A read that waits fails with EINTR. */
  close(): void;
}
