import { DomainName } from '../../../../src/kinds/dns/records/name.js';
import { formatRecord } from '../../../../src/kinds/dns/records/record.js';
import { parseType } from '../../../../src/kinds/dns/records/record-types.js';
import { parseRecord } from '../../../../src/kinds/dns/records/zone-text.js';
import { lookup } from '../../../../src/kinds/dns/zone/lookup.js';
import { Zones } from '../../../../src/kinds/dns/zone/zones.js';

/** The records, a line each. */
export function zonesOf(text: string): Zones {
  const zones = new Zones();
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    zones.set(parseRecord(line.trim()));
  }
  return zones;
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

const QUESTION_TYPES: Readonly<Record<string, number>> = { ANY: 255, DS: 43 };

/**
 * What is answered, in the words of dig: the status, `aa`, and the records of the three sections as
 * `OWNER TTL TYPE DATA`.
 */
export function asked(zones: Zones, name: string, type: string) {
  const number = QUESTION_TYPES[type] ?? parseType(type);
  const found = lookup(zones, DomainName.parse(name), number);
  const section = (located: typeof found.answer) =>
    located.flatMap(({ owner, set, ttl }) =>
      set.data.map(({ rdata }) => {
        const record = { owner: DomainName.fromWire(owner.wire), type: set.type, ttl, rdata };
        return formatRecord(record).replace('\tIN\t', ' ').replaceAll('\t', ' ');
      }),
    );
  return {
    status: `${RCODES[found.rcode]}${found.authoritative ? ' aa' : ''}`,
    answer: section(found.answer),
    authority: section(found.authority),
    additional: section([...found.glue, ...found.additional]),
  };
}
