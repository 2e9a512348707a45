import type { HostChoice } from '../../mount/hosts.js';
import { Session } from '../../mount/session.js';
import { errorCode } from '../base/error.js';
import { interruptible } from '../base/interruptible.js';
import { CircuitView } from '../client/circuit-view.js';
import { circuitDirectory } from '../namespace/circuit.js';
import { type DialOptions, reach } from './dial.js';
import { Foreground } from './foreground.js';

export interface MountOptions extends DialOptions {
  readonly allowOther?: boolean;
  readonly fuse?: HostChoice;
  readonly fuseTimeout?: number;
}

/** The members log all that is done through the mount: they do it. */
const NO_LOG = { operation: <T>(_who: string, _what: string, run: () => Promise<T>) => run() };

/**
 * `circuit mount DIR`: mounts the network as the daemon sees it, and prints where, until a signal or
 * umount(8) ends it. A connection that is lost does not: programs that work in the mount would find
 * the empty directory below.
 */
export async function mount(directory: string, options: MountOptions): Promise<void> {
  const foreground = new Foreground();
  const { signal, log } = foreground;
  // The reader of that line may have gone.
  process.stdout.removeAllListeners('error').on('error', () => {});
  try {
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
      host: options.fuse,
      timeoutS: options.fuseTimeout,
    });
    if (!signal.aborted) process.stdout.write(`${session.mountpoint}\n`);
    try {
      await interruptible(session.ended, signal);
    } finally {
      await session.unmount();
    }
  } catch (error) {
    if (!signal.aborted || errorCode(error) !== 'EINTR') throw error;
  }
  await foreground.exit();
}
