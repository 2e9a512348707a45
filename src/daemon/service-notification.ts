import { sendDatagram } from '../../native/index.js';
import { errorMessage } from '../base/error.js';
import { escapeControls } from '../base/escape-controls.js';

/** How often the status is told, at most: a network that comes up changes it with every member. */
const STATUS_INTERVAL_MS = 1_000;

/** When a message that could not be sent is sent again: the pause doubles each time. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;

export interface ServiceNotificationOptions {
  /** One line, which `systemctl status` shows. */
  readonly status: () => string;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/** Tells the service manager that has started this process, if one wants to be told. */
export function notificationOfService(
  options: ServiceNotificationOptions,
): ServiceNotification | undefined {
  const socket = process.env.NOTIFY_SOCKET;
  if (!socket) return undefined;
  return new ServiceNotification((message) => sendDatagram(socket, Buffer.from(message)), options);
}

/**
 * Tells the service manager how the daemon fares, as sd_notify(3) does: datagrams of lines
 * `VARIABLE=value`. A message that cannot be sent, since the socket is gone or full, is sent later
 * together with what has changed meanwhile; nothing waits for it.
 */
export class ServiceNotification implements Disposable {
  readonly #send: (message: string) => void;
  readonly #options: ServiceNotificationOptions;
  /** Still to be told, beside the status. */
  readonly #untold = new Set<'READY=1' | 'STOPPING=1'>();
  /** Whether the status may be another than was told. */
  #changed = false;
  #told: string | undefined;
  /** Runs while the next message has to wait. */
  #timer: NodeJS.Timeout | undefined;
  /** The pause before a message is sent again; 0 if the last one was sent. */
  #retry = 0;

  /** @param send Sends a datagram without waiting, and throws if that cannot be. */
  constructor(send: (message: string) => void, options: ServiceNotificationOptions) {
    this.#send = send;
    this.#options = options;
  }

  ready(): void {
    this.#untold.add('READY=1');
    this.#changed = true;
    this.#flush();
  }

  /** The status may have changed. It is asked for when it is told, which a thousand changes share. */
  changed(): void {
    this.#changed = true;
    if (this.#timer === undefined) this.#flush();
  }

  stopping(): void {
    this.#untold.add('STOPPING=1');
    this.#flush();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#untold.clear();
    this.#changed = false;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const status = this.#changed ? `STATUS=${escapeControls(this.#options.status())}` : this.#told;
    const news = status === undefined || status === this.#told ? [] : [status];
    const lines = [...this.#untold, ...news];
    if (lines.length > 0 && !this.#sent(lines)) return;
    this.#untold.clear();
    this.#changed = false;
    this.#told = status;
  }

  #sent(lines: readonly string[]): boolean {
    try {
      this.#send(`${lines.join('\n')}\n`);
      this.#retry = 0;
      this.#pause(STATUS_INTERVAL_MS);
      return true;
    } catch (error) {
      if (this.#retry === 0) {
        this.#options.log(`the service manager is not told: ${errorMessage(error)}; trying again`);
      }
      this.#retry = Math.min(this.#retry * 2 || FIRST_RETRY_MS, LAST_RETRY_MS);
      this.#pause(this.#retry);
      return false;
    }
  }

  #pause(ms: number): void {
    this.#timer = setTimeout(() => this.#flush(), ms).unref();
  }
}
