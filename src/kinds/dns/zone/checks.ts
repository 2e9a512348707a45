import { CircuitError } from '../../../base/error.js';
import type { DomainName } from '../records/name.js';
import { TYPE } from '../records/type.js';
import { ofType } from './node.js';
import { MAX_RRSET_BYTES, messageBytes, type RecordData, type RRset } from './rrset.js';

/**
 * Checks that a record can stand beside those that its name has.
 * @throws CircuitError EINVAL
 */
export function checkBeside(
  owner: DomainName,
  type: number,
  added: RecordData,
  own: readonly RRset[],
): void {
  const unset = `unset ${owner} first`;
  const same = ofType(own, type);
  const isNew = !same?.get(added.key);
  // RFC 1034, section 3.6.2, and RFC 2181, section 10.1.
  if (type === TYPE.CNAME && same && isNew) {
    throw new CircuitError('EINVAL', `${owner} is an alias (CNAME) of another name: ${unset}`);
  }
  if (type === TYPE.CNAME && !same && own.length > 0) {
    const sentence = `${owner} has records, and an alias (CNAME) stands alone: ${unset}`;
    throw new CircuitError('EINVAL', sentence);
  }
  if (type !== TYPE.CNAME && ofType(own, TYPE.CNAME)) {
    const sentence = `${owner} is an alias (CNAME), beside which there are no records: ${unset}`;
    throw new CircuitError('EINVAL', sentence);
  }
  const others = same && type !== TYPE.SOA ? same.messageBytes : 0;
  const bytes = others + messageBytes(added);
  if (isNew && bytes > MAX_RRSET_BYTES) {
    const sentence = `the records of one type at ${owner} would take ${bytes} bytes, and an answer has at most ${MAX_RRSET_BYTES}`;
    throw new CircuitError('EINVAL', sentence);
  }
}
