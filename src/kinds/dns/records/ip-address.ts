/**
 * IP addresses as bytes. `dns-packet` makes other addresses of some that are valid, such as
 * `::2:3:4:5:6:7:8`, and writes some in a form that is not the canonical one.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** The four bytes of an IPv4 address. `undefined` where the text is none. */
export function parseIPv4(text: string): Uint8Array | undefined {
  return isIPv4(text) ? Uint8Array.from(text.split('.'), Number) : undefined;
}

/** The sixteen bytes of an IPv6 address without a zone. `undefined` where the text is none. */
export function parseIPv6(text: string): Uint8Array | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [head = '', tail = ''] = text.split('::');
  const bytes = new Uint8Array(16);
  bytes.set(bytesOfGroups(head));
  const last = bytesOfGroups(tail);
  bytes.set(last, 16 - last.length);
  return bytes;
}

/** The bytes of groups in hexadecimal, of which the last may be an IPv4 address. */
function bytesOfGroups(text: string): number[] {
  const groups = text === '' ? [] : text.split(':');
  return groups.flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

export function formatIPv4(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** An IPv6 address as RFC 5952, sections 4 and 5 write it. */
export function formatIPv6(bytes: Uint8Array): string {
  const view = Buffer.from(bytes);
  if (view.toString('hex').startsWith('00000000000000000000ffff')) {
    return `::ffff:${formatIPv4(bytes.subarray(12))}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) => view.readUInt16BE(2 * index).toString(16));
  const text = groups.join(':');
  // The longest run of zeros, and the first of two that are as long, becomes `::`.
  const runs = [...text.matchAll(/\b0(:0)+\b/g)];
  const longest = runs.reduce<RegExpExecArray | undefined>(
    (best, run) => (best === undefined || run[0].length > best[0].length ? run : best),
    undefined,
  );
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
