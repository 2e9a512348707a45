/** An unsigned number in decimal, as its bytes. `undefined` if it is none, or does not fit. */
export function parseNumber(text: string, size: 1 | 2 | 4): Buffer | undefined {
  return /^\d+$/.test(text) ? encodeNumber(Number(text), size) : undefined;
}

/** An unsigned number in network byte order. `undefined` if it does not fit. @param size In bytes. */
export function encodeNumber(value: number, size: 1 | 2 | 4): Buffer | undefined {
  if (value >= 256 ** size) return undefined;
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

/** A number of two bytes. */
export function uint16Bytes(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
