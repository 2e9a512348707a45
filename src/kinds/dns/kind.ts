import { command, kind, value } from '../table.js';
import type { NameServerElement } from './name-server-element.js';
import { parseSpecification } from './specification.js';

/**
 * An authoritative name server (RFC 1034, RFC 1035) over UDP and TCP, for names that the programs of a
 * cluster give their services, and for the names of the members themselves.
 */
export const dns = kind<NameServerElement>('dns', {
  about: 'This anchor is a name server. It answers over UDP and TCP for the records that are set.',
  noun: 'name server',
  make: {
    file: 'mkdns',
    help: 'make it a name server on this HOST:PORT, or a free port; Members can be given, too',
    example: `echo '{"Listen":"127.0.0.1:5353","Members":"circuit.internal"}' > mkdns`,
    json: 'optional',
    argument: '[ADDRESS]',
    parse: (text) => {
      const specification = parseSpecification(text);
      return async ({ host }) => {
        // The command line does without it.
        const { NameServerElement } = await import('./name-server-element.js');
        return await NameServerElement.listen(specification, host);
      };
    },
  },
  files: {
    addr: value((server) => server.address, 'where it listens, HOST:PORT, for UDP and TCP'),
    set: command(
      (server, text, signal) => server.set(text, signal),
      'add a record, a line of zone text with its whole name',
      {
        example: "echo 'db.test. 60 IN A 10.0.0.1' > set",
        argument: '<RECORD...>',
      },
    ),
    unset: command((server, name) => server.unset(name), 'remove every record of a name', {
      example: 'echo db.test. > unset',
      argument: '<NAME>',
    }),
    records: value((server) => server.records(), 'its records, as zone text'),
    peek: value((server) => server.peek(), 'its state, as JSON'),
  },
  note: 'A name is whole with a final dot and without: ns1 is ns1. and in no zone. A zone whose SOA was not set begins at the highest name that has records; names above it, and those of others, are refused.',
});
