/** How much of a file there is between two words of the sum, in bytes: a page has eight of them. */
const STRIDE = 512;

/**
 * A sum of some words of a file, which shows where pages of it are missing. It takes 50 µs; a sum of
 * all bytes would take longer than the file saves.
 */
function checksum(bytes: Buffer): number {
  let sum = bytes.length;
  for (let at = 0; at + 4 <= bytes.length; at += STRIDE) {
    sum = (Math.imul(sum, 31) + bytes.readUInt32LE(at)) >>> 0;
  }
  return sum;
}

export = checksum;
