import { TYPE } from '../records/type.js';
import { labelStarts } from './label-starts.js';

/** Orders names by their last label first (RFC 4034, section 6.1). No two have the same. */
export function sortKey(key: string): string {
  const starts = labelStarts(key);
  return starts
    .slice(0, -1)
    .map((start, at) => `${escaped(key.slice(start + 1, starts[at + 1]))}\0`)
    .reverse()
    .join('');
}

/** Without the byte 0, which ends a label here, and in the same order. */
function escaped(label: string): string {
  return label.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01');
}

/** Orders the types of a name: SOA and NS first. */
export function rank(type: number): number {
  if (type === TYPE.SOA) return 0;
  return type === TYPE.NS ? 1 : 1 + type;
}
