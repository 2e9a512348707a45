import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { formatAuthority, splitAuthority } from '../base/address.js';
import { CircuitError } from '../base/error.js';
import { redact } from '../base/redact.js';

/** An IP multicast group, and its UDP port. */
export interface MulticastGroup {
  readonly address: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

/** A network interface over which we talk to the group. */
export interface MulticastInterface {
  readonly name: string;
  /** The address from which we send: for IPv6 a link-local one, with its zone. */
  readonly address: string;
  /** The suffix of an IPv6 address that is valid on this link only; empty for IPv4. */
  readonly zone: string;
  /** The addresses of the hosts on its link. */
  readonly onLink: BlockList;
}

/** Where a daemon announces itself and hears others. */
export interface DiscoverOptions {
  readonly group: MulticastGroup;
  readonly interfaces: readonly MulticastInterface[];
}

const FORM = 'GROUP:PORT, as 228.8.8.8:8822 or [ff02::8822]:8822';

/** @throws CircuitError EINVAL */
export function parseGroup(text: string): MulticastGroup {
  const { host, port } = splitAuthority(text) ?? {};
  if (port === undefined) throw new CircuitError('EINVAL', `${redact(text)} is not ${FORM}`);
  const family = isIP(host ?? '') === 6 ? 'IPv6' : 'IPv4';
  if (host === undefined || !isMulticast(host)) {
    const ranges = '224.0.0.0 to 239.255.255.255, or ff00::/8';
    throw new CircuitError('EINVAL', `${host ?? text} is not a multicast address (${ranges})`);
  }
  if (port === 0) throw new CircuitError('EINVAL', `${text}: a group has a port, 1 to 65535`);
  return { address: host, port, family };
}

export function formatGroup({ address, port }: MulticastGroup): string {
  return formatAuthority(address, port);
}

/** RFC 5771; RFC 4291, section 2.7, where a zone is not part of the address. */
function isMulticast(host: string): boolean {
  const version = isIP(host);
  if (version === 4) return Number(host.split('.')[0]) >> 4 === 0xe;
  return version === 6 && !host.includes('%') && /^ff[0-9a-f]{2}:/i.test(host);
}

/**
 * The interfaces over which we can talk to a group: the one with this name, the one of the host
 * with this address, or all.
 * @throws CircuitError EADDRNOTAVAIL if there is none
 */
export function multicastInterfaces(
  { family }: MulticastGroup,
  only: { readonly name?: string | undefined; readonly host?: string | undefined } = {},
): MulticastInterface[] {
  const usable: MulticastInterface[] = [];
  for (const [name, all = []] of Object.entries(networkInterfaces())) {
    if (only.name !== undefined && only.name !== name) continue;
    if (only.host !== undefined && !contains(listOf(all), only.host)) continue;
    const ours = all.filter((entry) => entry.family === family);
    // Linux does not route IPv6 multicast over loopback.
    const candidates = family === 'IPv4' ? ours : ours.filter((entry) => entry.scopeid);
    const [first] = candidates;
    if (!first) continue;
    const zone = family === 'IPv4' ? '' : `%${name}`;
    usable.push({ name, address: `${first.address}${zone}`, zone, onLink: listOf(ours) });
  }
  if (usable.length > 0) return usable;
  const kind = family === 'IPv4' ? 'IPv4 address' : 'IPv6 link-local address';
  const one = only.name ?? (only.host === undefined ? undefined : `the interface of ${only.host}`);
  const lack = one === undefined ? `no interface has an ${kind}` : `${one} has no ${kind}`;
  throw new CircuitError('EADDRNOTAVAIL', `no multicast: ${lack}`);
}

/**
 * Whether a host is on the link of an interface; other hosts are not listened to (RFC 6762, section
 * 11).
 */
export function isOnLink({ name, onLink }: MulticastInterface, host: string): boolean {
  const [address = '', zone] = host.split('%');
  return (zone === undefined || zone === name) && contains(onLink, address);
}

function contains(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

function listOf(addresses: ReadonlyArray<{ readonly cidr: string | null }>): BlockList {
  const list = new BlockList();
  for (const { cidr } of addresses) {
    const [network = '', bits] = cidr?.split('/') ?? [];
    if (bits === undefined) continue;
    list.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
