import type { WebSocket } from 'ws';
import { errorCode, errorMessage } from '../base/error.js';
import { escapeControls } from '../base/escape-controls.js';
import { redact } from '../base/redact.js';
import { MAX_MESSAGE } from './limits.js';

/** Why we end a connection, as the close frame says it (RFC 6455, section 7.4.1). */
export const CloseCode = { protocolError: 1002, unsupportedData: 1003, policy: 1008 } as const;

/**
 * The codes of an orderly end; 1005 and 1006 stand for a frame without a code, and for no frame.
 */
const USUAL: ReadonlySet<number> = new Set([1000, 1001, 1005, 1006]);

/** The meaning of the codes that `ws` sends without a reason. */
const MEANINGS: Readonly<Record<number, string>> = {
  1002: 'we sent a frame that violates the WebSocket protocol',
  1007: 'a text that is not UTF-8',
  1009: `a frame of more than ${MAX_MESSAGE / 1024 / 1024} MiB`,
};

/** How long a reason may be: a close frame has room for so many bytes (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/** How much of a reason the log shows, in characters. */
const MAX_SHOWN = 200;

/** The end of one connection. If it has a reason, both sides are told of it, once. */
export class Ending {
  readonly #socket: WebSocket;
  readonly #where: string;
  readonly #told: (event: string) => void;
  #sentence: string | undefined;

  /**
   * @param where HOST:PORT of the peer.
   * @param told Called at most once, with what became of the peer, unless the end is a usual one.
   */
  constructor(socket: WebSocket, where: string, told: (event: string) => void = () => {}) {
    this.#socket = socket;
    this.#where = where;
    this.#told = told;
    // `ws` answers a frame that violates the protocol with a close frame; other errors end at once.
    socket.on('error', (error) => {
      if (!errorCode(error)?.startsWith('WS_ERR_')) return socket.terminate();
      const isTooLong = errorCode(error) === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      this.#ends((isTooLong && MEANINGS[1009]) || errorMessage(error));
    });
    socket.once('close', (code: number, reason: Buffer) => {
      if (!USUAL.has(code)) this.#endedByPeer(code, reason.toString());
    });
  }

  /** A sentence that says why the connection has ended, or is ending. */
  get sentence(): string {
    return this.#sentence ?? `the connection to ${this.#where} was lost`;
  }

  /** Ends the connection, and tells the peer why. */
  refuse(code: number, reason: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const shown = this.#ends(reason);
    // A character that was cut in two is left out.
    const frame = Buffer.from(shown)
      .subarray(0, MAX_REASON_BYTES)
      .toString()
      .replace(/\ufffd+$/, '');
    this.#socket.close(code, frame);
  }

  /** Ends the connection to a peer that would not read the reason. */
  cut(reason: string): void {
    this.#ends(reason);
    this.#socket.terminate();
  }

  #ends(reason: string): string {
    const shown = presentable(reason);
    if (this.#sentence === undefined) {
      this.#sentence = `the connection to ${this.#where} was ended: ${shown}`;
      this.#told(`is disconnected: ${shown}`);
    }
    return shown;
  }

  #endedByPeer(code: number, reason: string): void {
    if (this.#sentence !== undefined) return;
    const why = presentable(reason || MEANINGS[code] || `code ${code}`);
    this.#sentence = `${this.#where} ended the connection: ${why}`;
    this.#told(`ended the connection: ${why}`);
  }
}

/**
 * One line, without anything that could be a secret: a peer made the reason, or a message is
 * quoted.
 */
function presentable(reason: string): string {
  return escapeControls(redact(reason.replace(/^(bad RPC message):.*/s, '$1'), MAX_SHOWN));
}
