/** These mount by fuse-native; a call that waits is answered after the shortest time that there is. */
import type { ExecutionContext } from 'ava';
import type { Directory, Handle } from '../../../mount/node.js';
import { type Mounted, mount } from '../mounted.js';
import { openFile } from '../toy.js';

/** Seconds. */
const PATIENCE_S = 1;

export function mountIt(
  t: ExecutionContext,
  root: Directory,
  timeoutS = PATIENCE_S,
): Promise<Mounted> {
  return mount(t, root, { host: 'fuse-native', timeoutS });
}

export function streamOf(handle: Omit<Handle, 'io'>, mode = 0o600) {
  return openFile(mode, () => ({ io: 'stream', ...handle }));
}
