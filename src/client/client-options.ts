import type { Interruptible } from '../base/interruptible.js';
import type { ClusterKeys } from '../transport/cluster-keys.js';

export interface ClientOptions extends Interruptible {
  /** As `readClusterKey` gives it, if the daemons were started with a cluster key. */
  readonly clusterKey?: ClusterKeys | undefined;
}
