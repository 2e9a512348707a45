/**
 * Text of bytes as zone files have it (RFC 1035, section 5.1): `\X` is the character X without its
 * meaning, and `\DDD` is the byte with that decimal number.
 */
import type { CircuitError } from '../../../base/error.js';
import { excerpt, invalid } from './invalid.js';

/** The bytes that a text stands for. Characters beyond ASCII are their bytes in UTF-8. @throws CircuitError EINVAL */
export function bytesOf(text: string): Buffer {
  if (!text.includes('\\')) return Buffer.from(text);
  // The odd ones of these are what stands behind a backslash.
  const pieces = text.split(/\\(\d{3}|\D|)/su);
  const bytes = pieces.map((piece, index) => {
    if (index % 2 === 0 || /^\D$/su.test(piece)) return Buffer.from(piece);
    if (piece === '' || Number(piece) > 255) throw badEscape(text);
    return Buffer.of(Number(piece));
  });
  return Buffer.concat(bytes);
}

/** The text that {@link bytesOf} gives these bytes for. @param special Characters that need a backslash. */
export function textOf(bytes: Uint8Array, special: string): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte > 0x7e) text += `\\${String(byte).padStart(3, '0')}`;
    else text += special.includes(character) ? `\\${character}` : character;
  }
  return text;
}

function badEscape(text: string): CircuitError {
  return invalid(
    `${excerpt(text)} has a backslash before neither a character nor three digits up to 255, as in \\. and \\046`,
  );
}

/** Splits a text where a separator stands without a backslash before it; the pieces keep their escapes. */
export function splitUnescaped(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') {
      at++;
    } else if (text[at] === separator) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...pieces, text.slice(start)];
}
