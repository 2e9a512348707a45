import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Where a name server listens that was given no address: where others reach its host, if that is one. */
export function listeningHost(reachableAt: string): string {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const isOwn = own.some(({ address }) => address === reachableAt);
  return isIP(reachableAt) !== 0 && isOwn ? reachableAt : '127.0.0.1';
}
