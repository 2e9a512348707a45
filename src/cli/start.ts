import { Address, parseAuthority } from '../address.js';
import { Daemon } from '../daemon.js';
import { CircuitError } from '../error.js';
import { interfaceAddress } from '../host-address.js';
import { clusterKey } from './dial.js';
import { LogWriter } from './log-writer.js';

export interface StartOptions {
  readonly addr?: string;
  readonly if?: string;
  readonly advertise?: string;
  readonly join?: readonly string[];
  readonly mount: string | boolean;
  readonly allowOther?: boolean;
  readonly var?: string;
  readonly hmac?: string;
}

/** Signals that end a daemon in order. A terminal that goes away sends HUP. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `circuit start`: prints the address once the daemon listens, has mounted and has joined. */
export async function start(options: StartOptions): Promise<void> {
  const log = new LogWriter();
  const daemon = await Daemon.start({
    listen: listenAddress(options),
    advertise: options.advertise === undefined ? undefined : advertised(options.advertise),
    clusterKey: clusterKey(options.hmac),
    mountpoint: typeof options.mount === 'string' ? options.mount : options.mount && undefined,
    allowOther: options.allowOther ?? false,
    join: (options.join ?? []).map(Address.parse),
    stateDirectory: options.var,
    log: (line) => log.write(line),
  });
  let status = 0;
  for (const signal of ENDING) process.on(signal, () => daemon.close());
  process.on('uncaughtException', (error) => {
    // An error of ours. Ending in order takes the mount away; a crash would leave it hanging.
    log.write(`circuit: ${error.stack}\n`);
    status = 1;
    daemon.close();
  });
  // Whoever was to read the address may be gone; the daemon goes on.
  process.stdout.removeAllListeners('error').on('error', () => {});
  process.stdout.write(`${daemon.address}\n`);
  await new Promise((resolve) => daemon.ended.addEventListener('abort', resolve));
  await log.drained();
  process.exit(status);
}

function listenAddress({ addr, if: name }: StartOptions): {
  host: string | undefined;
  port: number;
} {
  const { host, port } = addr === undefined ? { host: undefined, port: 0 } : parseAuthority(addr);
  if (name === undefined) return { host, port };
  if (host !== undefined) {
    throw new CircuitError(
      'EINVAL',
      'give -a :PORT together with --if, or -a HOST:PORT without it',
    );
  }
  return { host: interfaceAddress(name), port };
}

function advertised(text: string): { host: string | undefined; port: number } {
  return /:\d+$/.test(text) && !/^[^[].*:.*:/.test(text)
    ? parseAuthority(text)
    : { host: text.replace(/^\[(.*)\]$/, '$1'), port: 0 };
}
