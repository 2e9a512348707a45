import { TYPE } from '../records/type.js';
import { labelStarts } from './label-starts.js';

/** Orders names by their last label first (RFC 4034, section 6.1). */
export function sortKey(key: string): string {
  const starts = labelStarts(key);
  return starts
    .slice(0, -1)
    .map((start, at) => `${key.slice(start + 1, starts[at + 1])}\0`)
    .reverse()
    .join('');
}

/** Orders the types of a name: SOA and NS first. */
export function rank(type: number): number {
  if (type === TYPE.SOA) return 0;
  return type === TYPE.NS ? 1 : 1 + type;
}
