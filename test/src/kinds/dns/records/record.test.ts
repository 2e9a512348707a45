import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { DomainName } from '../../../../../src/kinds/dns/records/name.js';
import { formatRecord, type ResourceRecord } from '../../../../../src/kinds/dns/records/record.js';
import { parseRecord } from '../../../../../src/kinds/dns/records/zone-text.js';
import { records } from '../records.js';

const NSD_CHECKZONE = '/usr/sbin/nsd-checkzone';
const SOA = 6;

test('every record is parsed from what it is printed as, on one line of printable ASCII', (t) => {
  fc.assert(
    fc.property(records, (record) => {
      const text = formatRecord(record);
      t.regex(text, /^[\t -~]+$/);
      t.deepEqual(parseRecord(text), record);
    }),
    { numRuns: 300 },
  );
});

test('every record is parsed from its generic form (RFC 3597), and no bytes crash that', (t) => {
  fc.assert(
    fc.property(records, (record) => t.deepEqual(parseRecord(generic(record)), record)),
    { numRuns: 300 },
  );
  const mutated = fc.tuple(records, fc.nat(), fc.nat(255)).map(([record, at, byte]) => {
    const rdata = Uint8Array.from(record.rdata);
    rdata[at % (rdata.length + 1)] = byte;
    return { ...record, rdata: at % 3 === 0 ? rdata.slice(0, at % (rdata.length + 1)) : rdata };
  });
  fc.assert(
    fc.property(mutated, (record) => {
      let parsed: ResourceRecord;
      try {
        parsed = parseRecord(generic(record));
      } catch (error) {
        t.like(error, { name: 'CircuitError', code: 'EINVAL' });
        return;
      }
      t.deepEqual(parseRecord(formatRecord(parsed)), record);
    }),
    { numRuns: 300 },
  );
});

test('nsd reads what we print, and we read what nsd prints for the same bytes', async (t) => {
  const sample = fc.sample(records, { numRuns: 600, seed: 1 });
  const soa = sample.find(({ type }) => type === SOA);
  const others = sample.filter(({ type }) => type !== SOA);
  // A zone has one SOA, at its top.
  const zone = [...(soa ? [soa] : []), ...others].map((record, index) => ({
    ...record,
    owner: DomainName.parse(record === soa ? '.' : `r${index}.`),
  }));
  // nsd 4.6.1 takes `a\\.b` for one label.
  const printed = (record: ResourceRecord) => formatRecord(record).replaceAll('\\\\', '\\092');
  for (const write of [printed, generic]) {
    const read = (await printedByNsd(zone.map(write))).map(parseRecord);
    // nsd has names in lower case, and records in an order of its own.
    const sorted = (all: ResourceRecord[]) =>
      all.map((record) => formatRecord(record).toLowerCase()).sort();
    t.deepEqual(sorted(read), sorted(zone));
  }
});

/** The records of a root zone, as nsd prints them: it prints owners without the name of the zone. */
async function printedByNsd(lines: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'circuit-zone-'));
  try {
    const file = join(folder, 'zone');
    await writeFile(file, `${lines.join('\n')}\n`);
    const { stdout } = await promisify(execFile)(NSD_CHECKZONE, ['-p', '.', file]);
    // A SOA takes several lines, in parentheses.
    return stdout.split(/\n(?![\t ])/).filter((text) => /^[^;]*\tIN\t/.test(text));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function generic({ owner, type, ttl, rdata }: ResourceRecord): string {
  const hex = Buffer.from(rdata).toString('hex');
  return `${owner} ${ttl} IN TYPE${type} \\# ${rdata.length} ${hex}`;
}
