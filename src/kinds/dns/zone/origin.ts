/**
 * The apex that a name implies where there is no other: labels before it that begin with `_` (RFC
 * 8552), and `*`, stand below it.
 * @param key As {@link DomainName.key}.
 */
export function originOf(key: string): string {
  const length = key.charCodeAt(0);
  const first = key[1];
  const isBelow = (length > 0 && first === '_') || (length === 1 && first === '*');
  const above = key.slice(1 + length);
  // The root is nobody's to imply: all names would be below it.
  return isBelow && above.length > 1 ? originOf(above) : key;
}
