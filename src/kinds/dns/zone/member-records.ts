import { isIP } from 'node:net';
import type { Host, HostMember } from '../../table.js';
import { type DomainName, MAX_LABEL_BYTES } from '../records/name.js';
import type { ResourceRecord } from '../records/record.js';
import { parseRecord } from '../records/zone-text.js';
import type { Zones } from './zones.js';

/** A member comes and goes at once, and so do its names, in seconds. */
const TTL_S = 5;

/** More members are not in the SRV records: an answer has 64 KiB, and each daemon knows all others. */
export const MAX_SERVICES = 256;

/** The records of one member. */
interface Entry {
  readonly member: HostMember;
  readonly byName: ResourceRecord;
  readonly byHost: ResourceRecord | undefined;
  readonly service: ResourceRecord;
  /** Where it is this member, which has the name server. */
  readonly nameServer: ResourceRecord | undefined;
}

/** Keeps the names of the members in a zone: `HOST.ZONE`, `X….ZONE`, and `_circuit._tcp.ZONE`. */
export class MemberRecords {
  readonly #zones: Zones;
  readonly #apex: DomainName;
  readonly #host: Host;
  readonly #following: Disposable;
  /** By the members' names. */
  #entries: ReadonlyMap<string, Entry> = new Map();
  #isCurrent = false;

  constructor(zones: Zones, apex: DomainName, host: Host) {
    this.#zones = zones;
    this.#apex = apex;
    this.#host = host;
    this.#following = host.members.onChange(() => {
      this.#isCurrent = false;
    });
  }

  /** Takes over the members as they are now, if they have changed. */
  refresh(): void {
    if (this.#isCurrent) return;
    this.#isCurrent = true;
    const entries = this.#host.members.list().flatMap((member) => {
      try {
        return [this.#entryOf(member)];
      } catch {
        // Others choose the address that they advertise: one that is no name of DNS has no records.
        return [];
      }
    });
    this.#entries = new Map(entries.map((entry) => [entry.member.name, entry]));
    const services = entries.slice(0, MAX_SERVICES).map(({ service }) => service);
    const nameServers = entries.flatMap(({ nameServer }) => nameServer ?? []);
    const hosts = entries.flatMap(({ byName, byHost }) => (byHost ? [byName, byHost] : [byName]));
    this.#zones.derive([...nameServers, ...services, ...hosts]);
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  #entryOf(member: HostMember): Entry {
    const known = this.#entries.get(member.name);
    if (known && isSame(known.member, member)) return known;
    const { name, address, port } = member;
    const label = labelOf(member.host);
    const [type, data] = addressData(address);
    // The target of a service is no alias (RFC 2782), nor is a name server (RFC 2181, section 10.3); and
    // it is one member alone, as its host's name may not be.
    const target = type === 'CNAME' ? data : this.#below(name);
    return {
      member,
      byName: this.#record(name, type, data),
      byHost: label === undefined ? undefined : this.#record(label, type, data),
      service: this.#record('_circuit._tcp', 'SRV', `0 0 ${port} ${target}`),
      nameServer: name === this.#host.name ? this.#record('', 'NS', target) : undefined,
    };
  }

  #record(label: string, type: string, data: string): ResourceRecord {
    const owner = label === '' ? String(this.#apex) : this.#below(label);
    return parseRecord(`${owner} ${TTL_S} IN ${type} ${data}`);
  }

  #below(label: string): string {
    return `${label}.${this.#apex}`;
  }
}

function isSame(one: HostMember, other: HostMember): boolean {
  return one.host === other.host && one.address === other.address && one.port === other.port;
}

/** The first label of a host's name, which may be one with a domain. */
function labelOf(host: string | undefined): string | undefined {
  const [label = ''] = (host ?? '').split('.');
  return label === '' || label.length > MAX_LABEL_BYTES ? undefined : label;
}

function addressData(address: string): readonly [type: 'A' | 'AAAA' | 'CNAME', data: string] {
  const family = isIP(address);
  if (family === 0) return ['CNAME', `${address.replace(/\.$/, '')}.`];
  return [family === 4 ? 'A' : 'AAAA', address];
}
