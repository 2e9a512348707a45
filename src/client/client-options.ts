import type { Interruptible } from '../base/interruptible.js';
import type { ClusterKey } from '../transport/security.js';

export interface ClientOptions extends Interruptible {
  /** The key that all members of the cluster share, if its daemons were started with one. */
  readonly clusterKey?: ClusterKey | undefined;
}
