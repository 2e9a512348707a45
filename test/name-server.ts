import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** A name's addresses and SRV records; or how the server fails for it. */
export type Records =
  | {
      readonly addresses?: readonly string[];
      /** Priority, weight, port, target. */
      readonly services?: readonly (readonly [number, number, number, string])[];
    }
  | 'SERVFAIL'
  | 'silence';

/** The records of names in lower case, without a final dot. */
export type Zone = Readonly<Record<string, Records>>;

const [A, AAAA, SRV] = [1, 28, 33];
const [NOERROR, SERVFAIL, NXDOMAIN] = [0, 2, 3];
const HEADER = 12;

/** A name server for tests, of the zone that a program is given: DNS over UDP (RFC 1035, RFC 2782). */
export class NameServer {
  readonly #socket: Socket;
  /** The names that were asked for. */
  readonly asked: string[] = [];

  private constructor(zone: () => Zone, socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => {
      const { name, end } = readName(query);
      this.asked.push(name);
      const answer = answerTo(query, end, zone()[name]);
      if (answer) socket.send(answer, port, address);
    });
  }

  /** Gives the zone anew for each query. */
  static async listen(zone: () => Zone, host = '127.0.0.1', port = 0): Promise<NameServer> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const bound = once(socket, 'listening');
    socket.bind(port, host);
    await bound;
    return new NameServer(zone, socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): void {
    this.#socket.close();
  }
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** @param end Where the name in the question ends. */
function answerTo(query: Buffer, end: number, records: Records | undefined): Buffer | undefined {
  if (records === 'silence') return undefined;
  const type = query.readUInt16BE(end);
  const data = typeof records === 'object' ? dataOf(records, type) : [];
  const header = Buffer.from(query.subarray(0, HEADER));
  // QR, AA, and the bit RD of the query; RA, and the code.
  header.writeUInt16BE(0x8480 | (header.readUInt16BE(2) & 0x0100) | codeOf(records), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(data.length, 6);
  header.writeUInt32BE(0, 8);
  const question = query.subarray(HEADER, end + 4);
  const answers = data.map((bytes) => {
    const fixed = Buffer.alloc(HEADER);
    // The name in the question, class IN, a TTL of 1 s.
    fixed.writeUInt16BE(0xc000 | HEADER, 0);
    fixed.writeUInt16BE(type, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(1, 6);
    fixed.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([fixed, bytes]);
  });
  return Buffer.concat([header, question, ...answers]);
}

function codeOf(records: Records | undefined): number {
  if (records === undefined) return NXDOMAIN;
  return records === 'SERVFAIL' ? SERVFAIL : NOERROR;
}

function dataOf({ addresses = [], services = [] }: Exclude<Records, string>, type: number) {
  if (type === A) return addresses.filter((one) => !isIPv6(one)).map(inet4);
  if (type === AAAA) return addresses.filter(isIPv6).map(inet6);
  return type === SRV ? services.map(service) : [];
}

function inet4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function inet6(address: string): Buffer {
  const [before = [], after = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const groups = address.includes('::') ? [...before, ...zeros, ...after] : before;
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function service([priority, weight, port, target]: readonly [number, number, number, string]) {
  const fixed = Buffer.alloc(6);
  fixed.writeUInt16BE(priority, 0);
  fixed.writeUInt16BE(weight, 2);
  fixed.writeUInt16BE(port, 4);
  const labels = target.split('.').filter((label) => label !== '');
  const name = labels.map((label) => String.fromCharCode(label.length) + label).join('');
  return Buffer.concat([fixed, Buffer.from(`${name}\0`, 'latin1')]);
}
