import fc from 'fast-check';
import { DomainName } from '../../../../src/kinds/dns/records/name.js';
import type { ResourceRecord } from '../../../../src/kinds/dns/records/record.js';

/** A name by its labels, of any bytes. */
export const names = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 5 })
  .map((labels) => counted([...labels, new Uint8Array()], 1));

const uint8 = fc.nat(255).map((value) => Buffer.of(value));
const uint16 = fc.nat(65535).map((value) => bytesOf(value, 2));
const uint32 = fc.nat(2 ** 32 - 1).map((value) => bytesOf(value, 4));
/** nsd takes 3600 for those of 2^31 and more. */
const period = fc.nat(2 ** 31 - 1).map((value) => bytesOf(value, 4));
const string = fc.uint8Array({ maxLength: 255 }).map((bytes) => counted([bytes], 1));

/** nsd does not split lists behind a NUL. */
const alpn = fc
  .array(fc.uint8Array({ min: 1, minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 3 })
  .map((ids) => counted(ids, 1));

/** Values of SVCB by their keys; `mandatory` names all others. */
const parameters = fc
  .record(
    {
      1: alpn,
      2: fc.constant(Buffer.of()),
      3: uint16,
      4: fc.uint8Array({ minLength: 8, maxLength: 8 }),
      5: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      6: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      667: fc.uint8Array({ maxLength: 20 }),
      65534: fc.uint8Array({ maxLength: 300 }),
    },
    { requiredKeys: ['1'] },
  )
  .chain((values) => fc.boolean().map((isMandatory) => (isMandatory ? mandatory(values) : values)))
  .map((values) =>
    Buffer.concat(
      Object.entries(values).flatMap(([key, value]) => [
        bytesOf(Number(key), 2),
        counted([value], 2),
      ]),
    ),
  );

const serviceBinding = fc.oneof(
  joined(fc.constant(bytesOf(0, 2)), names),
  joined(
    fc.integer({ min: 1, max: 65535 }).map((value) => bytesOf(value, 2)),
    names,
    parameters,
  ),
);

/** RDATA on the wire, by types. */
const rdata: Readonly<Record<number, fc.Arbitrary<Uint8Array>>> = {
  1: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  2: names,
  5: names,
  6: joined(names, names, uint32, period, period, period, period),
  12: names,
  15: joined(uint16, names),
  16: fc.array(string, { minLength: 1, maxLength: 4 }).map((all) => Buffer.concat(all)),
  28: fc
    .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map((bytes) => Buffer.from(bytes)),
  33: joined(uint16, uint16, uint16, names),
  35: joined(uint16, uint16, string, string, string, names),
  64: serviceBinding,
  65: serviceBinding,
  257: joined(
    uint8,
    fc.stringMatching(/^[0-9a-z]{1,15}$/).map((tag) => counted([Buffer.from(tag)], 1)),
    fc.uint8Array({ maxLength: 300 }),
  ),
  731: fc.uint8Array({ maxLength: 100 }),
};

/** Any record of any type. */
export const records: fc.Arbitrary<ResourceRecord> = fc
  .constantFrom(...Object.keys(rdata).map(Number))
  .chain((type) =>
    fc.record({
      owner: names.map((wire) => DomainName.fromWire(wire)),
      type: fc.constant(type),
      ttl: fc.nat(2 ** 31 - 1),
      rdata: (rdata[type] ?? fc.constant(Buffer.of())).map((bytes) => new Uint8Array(bytes)),
    }),
  );

function joined(...parts: fc.Arbitrary<Uint8Array>[]): fc.Arbitrary<Uint8Array> {
  return fc.tuple(...parts).map((all) => Buffer.concat(all));
}

function mandatory(values: object): object {
  const keys = Object.keys(values).map((key) => bytesOf(Number(key), 2));
  return { 0: Buffer.concat(keys), ...values };
}

/** Each with its length before it. @param size Of the length, in bytes. */
function counted(all: readonly Uint8Array[], size: number): Buffer {
  return Buffer.concat(all.flatMap((bytes) => [bytesOf(bytes.length, size), bytes]));
}

function bytesOf(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}
