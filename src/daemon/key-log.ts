import { statSync } from 'node:fs';
import type { OperationsLog } from '../base/log.js';
import { isOpenToOthers } from '../base/open-to-others.js';
import { type ClusterKeys, keyId } from '../transport/cluster-keys.js';

/** Logs which keys there are, by their ids, so that one can compare hosts. */
export function logKeys({ file, all }: ClusterKeys, log: OperationsLog): void {
  const [first, ...others] = all.map(keyId);
  const more = others.length > 0 ? `, and ${others.join(', ')} is accepted` : '';
  log.event(`the cluster key in ${file} is ${first}${more}`);
  if (isOpenToOthers(statSync(file, { throwIfNoEntry: false }))) {
    log.event(`the cluster key in ${file} can be read by others`);
  }
}
