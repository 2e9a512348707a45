import { networkInterfaces } from 'node:os';
import { formatAuthority } from '../base/address.js';
import { CircuitError } from '../base/error.js';

/** The first address of an interface, IPv4 before IPv6. @throws CircuitError EADDRNOTAVAIL */
export function interfaceAddress(name: string): string {
  const interfaces = networkInterfaces();
  const address = preferred(interfaces[name] ?? [])?.address;
  if (address === undefined) {
    const known = Object.keys(interfaces).join(', ');
    throw new CircuitError(
      'EADDRNOTAVAIL',
      `there is no interface ${name} with an address; there are ${known}`,
    );
  }
  return address;
}

/**
 * The host at which others can reach a daemon that listens on `bound`: that one, or, if it stands
 * for all interfaces, the first external address, else loopback.
 */
export function reachableHost(bound: string | undefined): string {
  if (bound !== undefined && !isUnspecified(bound)) return bound;
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const external = all.filter(({ internal, scopeid }) => !internal && !scopeid);
  const usable = bound !== undefined && !bound.includes(':') ? external.filter(isIPv4) : external;
  return preferred(usable)?.address ?? '127.0.0.1';
}

/** Whether a host stands for all interfaces, in any spelling: 0 is 0.0.0.0 (inet_aton(3)). */
export function isUnspecified(host: string): boolean {
  const url = `ws://${formatAuthority(host, 1)}`;
  return URL.canParse(url) && ['0.0.0.0', '[::]'].includes(new URL(url).hostname);
}

/** The first IPv4 address, else the first one. */
function preferred<T extends { family: string }>(addresses: readonly T[]): T | undefined {
  return addresses.find(isIPv4) ?? addresses[0];
}

function isIPv4({ family }: { family: string }): boolean {
  return family === 'IPv4';
}
