import { Session } from '../../mount/session.js';
import { errorCode } from '../base/error.js';
import { CircuitView } from '../client/circuit-view.js';
import { circuitDirectory } from '../namespace/circuit.js';
import { type DialOptions, reach } from './dial.js';
import { LogWriter } from './log-writer.js';

export interface MountOptions extends DialOptions {
  readonly allowOther?: boolean;
}

/** Signals that unmount. A terminal that goes away sends HUP. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is done through the mount is in the logs of the members, who do it. */
const NO_LOG = { operation: <T>(_who: string, _what: string, run: () => Promise<T>) => run() };

/**
 * `circuit mount DIR`: mounts what the daemon sees until a signal, or umount(8), ends it.
 * Prints where, once it is mounted. Nobody but those two ends it: who works in it is
 * not to find the empty directory below, since a connection was lost.
 */
export async function mount(directory: string, options: MountOptions): Promise<void> {
  const log = new LogWriter();
  const ending = new AbortController();
  // From the first moment: what has been begun is undone.
  for (const signal of ENDING) process.on(signal, () => ending.abort());
  let status = 0;
  process.on('uncaughtException', (error) => {
    // An error of ours. A crash would leave the mount hanging.
    log.write(`circuit: ${error.stack}\n`);
    status = 1;
    ending.abort();
  });
  // Whoever was to read where it is mounted may be gone.
  process.stdout.removeAllListeners('error').on('error', () => {});
  try {
    const { signal } = ending;
    const note = (text: string) => log.write(`circuit: ${text}\n`);
    using view = await reach(
      options,
      (address, clusterKey) => CircuitView.dial(address, { clusterKey, signal, note }),
      signal,
    );
    const session = await Session.mount(circuitDirectory(view, NO_LOG), directory, {
      fsname: 'circuit',
      subtype: 'circuit',
      allowOther: options.allowOther ?? false,
    });
    if (!ending.signal.aborted) process.stdout.write(`${session.mountpoint}\n`);
    await Promise.race([session.ended, aborted(ending.signal)]);
    await session.unmount();
  } catch (error) {
    const interrupted = ending.signal.aborted && errorCode(error) === 'EINTR';
    if (!interrupted) throw error;
  }
  await log.drained();
  process.exit(status);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
