import { sendDatagram } from '../../native/index.js';
import { errorMessage } from '../base/error.js';
import { escapeControls } from '../base/escape-controls.js';

/** How often the status is told, at most: a network that comes up changes it with every member. */
const STATUS_INTERVAL_MS = 1_000;

/** When a message that could not be sent is sent again: the pause doubles each time. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;

/**
 * What the service manager that has started this process is to be told by, if it wants to be told.
 * @param log Takes a sentence for the log.
 */
export function notificationOfService(
  log: (event: string) => void,
): ServiceNotification | undefined {
  const socket = process.env.NOTIFY_SOCKET;
  if (!socket) return undefined;
  return new ServiceNotification((message) => sendDatagram(socket, Buffer.from(message)), log);
}

/**
 * Tells the service manager how the daemon fares, as sd_notify(3) does: datagrams of lines
 * `VARIABLE=value`. A message that cannot be sent, since the socket is gone or full, is sent later
 * together with what has changed meanwhile; nothing waits for it.
 */
export class ServiceNotification implements Disposable {
  readonly #send: (message: string) => void;
  readonly #log: (event: string) => void;
  readonly #untold = new Map<string, string>();
  #status: string | undefined;
  /** Runs while the next message has to wait. */
  #timer: NodeJS.Timeout | undefined;
  /** The pause before a message is sent again; 0 if the last one was sent. */
  #retry = 0;

  /** @param send Sends a datagram without waiting, and throws if that cannot be. */
  constructor(send: (message: string) => void, log: (event: string) => void) {
    this.#send = send;
    this.#log = log;
  }

  /** @param status As {@link status}. */
  ready(status: string): void {
    this.#untold.set('READY', '1');
    this.#setStatus(status);
    this.#flush();
  }

  /** @param text One line, which `systemctl status` shows. */
  status(text: string): void {
    this.#setStatus(text);
    if (this.#timer === undefined) this.#flush();
  }

  stopping(): void {
    this.#untold.set('STOPPING', '1');
    this.#flush();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#untold.clear();
  }

  #setStatus(text: string): void {
    if (text === this.#status) return;
    this.#status = text;
    this.#untold.set('STATUS', escapeControls(text));
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#untold.size === 0) return;
    try {
      this.#send([...this.#untold].map(([name, value]) => `${name}=${value}\n`).join(''));
      this.#untold.clear();
      this.#retry = 0;
      this.#pause(STATUS_INTERVAL_MS);
    } catch (error) {
      if (this.#retry === 0) {
        this.#log(`the service manager is not told: ${errorMessage(error)}; trying again`);
      }
      this.#retry = Math.min(this.#retry * 2 || FIRST_RETRY_MS, LAST_RETRY_MS);
      this.#pause(this.#retry);
    }
  }

  #pause(ms: number): void {
    this.#timer = setTimeout(() => this.#flush(), ms).unref();
  }
}
