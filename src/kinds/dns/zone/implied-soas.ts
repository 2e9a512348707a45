import type { DomainName } from '../records/name.js';
import { TYPE } from '../records/type.js';
import type { Node } from './node.js';
import { dataOf, RRset } from './rrset.js';

/** The times in the SOA of a zone for which none was set: its names come and go at once. */
const IMPLIED_SOA_TTL_S = 5;
const IMPLIED_SOA_TIMES_S = [3600, 600, 86_400, IMPLIED_SOA_TTL_S] as const;

/** The SOAs of zones for which none was set. */
export class ImpliedSoas {
  /** Each change has a new one. It begins with the time, as that of an earlier server did. */
  #serial = Math.floor(Date.now() / 1000);
  /** Those of the serial, by apex. */
  readonly #soas = new Map<string, RRset>();

  /** A record has changed. */
  changed(): void {
    this.#serial = (this.#serial + 1) >>> 0;
    this.#soas.clear();
  }

  of(apex: Node): RRset {
    const known = this.#soas.get(apex.key);
    if (known) return known;
    const { name } = apex;
    const primary = apex.set(TYPE.NS)?.data[0]?.names[0]?.name ?? name;
    const data = dataOf(TYPE.SOA, IMPLIED_SOA_TTL_S, soaData(primary, name, this.#serial));
    const soa = new RRset(name, TYPE.SOA, data);
    this.#soas.set(apex.key, soa);
    return soa;
  }
}

/** @param primary The zone's name server (MNAME). */
function soaData(primary: DomainName, apex: DomainName, serial: number): Uint8Array {
  const numbers = Buffer.alloc(20);
  for (const [at, number] of [serial, ...IMPLIED_SOA_TIMES_S].entries()) {
    numbers.writeUInt32BE(number, 4 * at);
  }
  return Uint8Array.from([...primary.wire, ...apex.wire, ...numbers]);
}
