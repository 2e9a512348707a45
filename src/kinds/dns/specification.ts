import { isIP } from 'node:net';
import { splitAuthority } from '../../base/address.js';
import { KeyedJson } from '../keyed-json.js';
import { invalid } from './records/invalid.js';
import { parseIPv4, parseIPv6 } from './records/ip-address.js';
import { DomainName } from './records/name.js';

/** A name server that is to be made. */
export interface Specification {
  /** An IP address; without it, one where the host is reached. */
  readonly host: string | undefined;
  /** 0 is a free one. */
  readonly port: number;
  /** The zone of the members' names, if it has one. */
  readonly members: DomainName | undefined;
}

const FORM = 'an address looks like 127.0.0.1:5353, [::1]:5353 or :5353, and port 0 is a free one';

/** The label of a host fits below it, in bytes. */
const MAX_ZONE_BYTES = 255 - 64;

const KEYS = ['Listen', 'Members'] as const;

const NAMING = {
  name: 'name server',
  example: '{"Listen": "127.0.0.1:5353", "Members": "circuit.internal"}',
};

/**
 * Reads where a name server is to listen, or JSON with "Listen" and "Members".
 * @throws CircuitError EINVAL
 */
export function parseSpecification(text: string): Specification {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) return { ...listenOn(trimmed), members: undefined };
  const given = new KeyedJson(trimmed, KEYS, NAMING);
  const zone = given.text('Members');
  const members = zone === undefined ? undefined : DomainName.parse(zone);
  if (members && (members.labels === 0 || members.wire.length > MAX_ZONE_BYTES)) {
    throw invalid(
      `"Members" is a zone such as "circuit.internal": not the root, and of ${MAX_ZONE_BYTES} bytes at most`,
    );
  }
  return { ...listenOn(given.text('Listen')?.trim() ?? ''), members };
}

function listenOn(text: string): Pick<Specification, 'host' | 'port'> {
  if (text === '') return { host: undefined, port: 0 };
  const parts = splitAuthority(text);
  if (!parts) throw invalid(`${JSON.stringify(text)} is no address: ${FORM}`);
  const { host, port = 0 } = parts;
  const address = host === 'localhost' ? '127.0.0.1' : host;
  if (address !== undefined && isIP(address) === 0) {
    throw invalid(`${JSON.stringify(host)} is not an IP address: ${FORM}`);
  }
  if (address !== undefined && isUnspecified(address)) {
    // An answer must come from the address that was asked, and the kernel chooses another where a host
    // has several: recvmsg(2) would have to tell which it was (IP_PKTINFO, ip(7)).
    throw invalid(
      `${address} stands for all addresses of the host, and a name server listens on one: give that, or make a name server for each`,
    );
  }
  return { host: address, port };
}

function isUnspecified(address: string): boolean {
  const bytes = parseIPv4(address) ?? parseIPv6(address);
  return bytes !== undefined && /^0+(ffff0{8})?$/.test(Buffer.from(bytes).toString('hex'));
}
