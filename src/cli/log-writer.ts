import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { append, loadFailure } from '../../native/index.js';

const STDERR = 2;

/** Lines are dropped when so much waits for the reader of the log. */
const MAX_PENDING_BYTES = 1024 * 1024;

/** How long the end of the daemon waits for that reader. */
const DRAIN_TIMEOUT_MS = 100;

/**
 * Writes the log to standard error. Node writes to a pipe with a blocking call: a reader that stops
 * would stop the daemon, so a pipe gets a descriptor of our own, and lines that nobody reads are dropped. A file is
 * always written at its end: a shell's `2>` opens it without O_APPEND, and when it has been
 * truncated (`: > log`, logrotate's copytruncate) the next line would come at the old offset,
 * behind a hole of NULs.
 */
export class LogWriter {
  readonly #pipe: Socket | undefined;
  #dropped = 0;

  constructor() {
    const kind = fstatSync(STDERR);
    if (kind.isFile() && !loadFailure) append(STDERR);
    this.#pipe = kind.isFIFO() || kind.isSocket() ? openPipe(kind.isFIFO()) : undefined;
  }

  write(line: string): void {
    if (this.#pipe) {
      this.#writeToPipe(this.#pipe, line);
    } else {
      try {
        writeSync(STDERR, line);
      } catch {
        // A full disk or a closed terminal: there is nowhere left to say so.
      }
    }
  }

  /** Resolves when all is written, or nobody seems to read. */
  async drained(): Promise<void> {
    const pipe = this.#pipe;
    if (!pipe || pipe.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      pipe.once('drain', resolve);
      pipe.once('close', resolve);
      setTimeout(resolve, DRAIN_TIMEOUT_MS);
    });
  }

  #writeToPipe(pipe: Socket, line: string): void {
    if (pipe.writableLength > MAX_PENDING_BYTES) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) {
      pipe.write(
        `${new Date().toISOString()} - ${this.#dropped} lines dropped: nobody read them\n`,
      );
      this.#dropped = 0;
    }
    pipe.write(line);
  }
}

/** Standard error, a pipe or a socket, as a non-blocking socket of our own. */
function openPipe(isFIFO: boolean): Socket {
  const fd = isFIFO ? reopen() : STDERR;
  const socket = new Socket({ fd, readable: false, writable: true });
  socket.on('error', () => {});
  socket.unref();
  return socket;
}

/** A pipe is opened anew, so that others who share it do not find it non-blocking. */
function reopen(): number {
  try {
    return openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // It is another user's, or nobody reads it.
    return STDERR;
  }
}
