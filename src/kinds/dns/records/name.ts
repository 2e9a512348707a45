import { bytesOf, splitUnescaped, textOf } from './escapes.js';
import { excerpt, invalid } from './invalid.js';

/** RFC 1035, section 2.3.4. */
export const MAX_LABEL_BYTES = 63;
export const MAX_NAME_BYTES = 255;

/** Characters that mean something in zone text or to those who read it, besides blanks. */
const SPECIAL = '.\\"();@$';
/** A label in zone text: printable ASCII, where the special ones and blanks are escaped. */
const LABEL = /^(?:\\[ -~]|[!#-'*-:<-[\]-~])*$/;

/** Where keys are made. */
const scratch = Buffer.alloc(MAX_NAME_BYTES);

/** A domain name: absolute, and immutable. Two names that differ in case alone have one key (RFC 4343). */
export class DomainName {
  static readonly root = new DomainName(Uint8Array.of(0), 0);

  /**
   * The name as UTF-16 units, one for each byte of the wire form, with ASCII letters in lower case:
   * what maps have as their key.
   */
  readonly key: string;

  /** The wire form, uncompressed, with the final 0; the case is kept. Not to be written to. */
  readonly wire: Uint8Array;
  #text: string | undefined;

  private constructor(
    wire: Uint8Array,
    /** How many labels it has; the root has none. */
    readonly labels: number,
  ) {
    // Node allocates small buffers many at once, and each takes half of what an array takes.
    this.wire = Buffer.from(wire);
    this.key = keyOf(wire);
  }

  /**
   * A name in zone text (RFC 1035, section 5.1). It is absolute, whether a final dot says so or not.
   * @throws CircuitError EINVAL
   */
  static parse(text: string): DomainName {
    if (text === '.') return DomainName.root;
    const texts = splitUnescaped(text, '.');
    // The root follows the final dot.
    if (texts.at(-1) === '' && texts.length > 1) texts.pop();
    const wire: number[] = [];
    for (const each of texts) {
      const label = parseLabel(each, text);
      wire.push(label.length, ...label);
    }
    wire.push(0);
    if (wire.length > MAX_NAME_BYTES) {
      throw invalid(
        `the name ${excerpt(text)} has ${wire.length} bytes: a name has at most ${MAX_NAME_BYTES}, one for each dot and the end included`,
      );
    }
    return new DomainName(Uint8Array.from(wire), texts.length);
  }

  /**
   * The name that stands in `bytes` at `offset`, uncompressed. It is copied, and has
   * `wire.length` bytes there.
   * @throws CircuitError EINVAL (it is cut off, too long, or compressed)
   */
  static fromWire(bytes: Uint8Array, offset = 0): DomainName {
    let labels = 0;
    let end = offset;
    for (;;) {
      const length = bytes[end];
      if (length === undefined) throw invalid('a domain name is cut off');
      if (length > MAX_LABEL_BYTES) throw invalid('a domain name is compressed, or not one at all');
      end += 1 + length;
      if (end - offset > MAX_NAME_BYTES) {
        throw invalid(`a domain name has more than ${MAX_NAME_BYTES} bytes`);
      }
      if (length === 0) return new DomainName(new Uint8Array(bytes.subarray(offset, end)), labels);
      labels++;
    }
  }

  /** The name without its first label; the root has none. */
  get parent(): DomainName | undefined {
    const [length = 0] = this.wire;
    return length === 0 ? undefined : new DomainName(this.wire.slice(1 + length), this.labels - 1);
  }

  /** Zone text, with the final dot. */
  toString(): string {
    this.#text ??= textOfName(this.wire);
    return this.#text;
  }
}

function textOfName(wire: Uint8Array): string {
  let text = '';
  for (let at = 0, length = 0; ; at += 1 + length) {
    length = wire[at] ?? 0;
    if (length === 0) return text || '.';
    const label = textOf(wire.subarray(at + 1, at + 1 + length), SPECIAL);
    text += `${label.replaceAll(' ', '\\032')}.`;
  }
}

/** @param name What the label is part of, for the sentence. */
function parseLabel(text: string, name: string): Uint8Array {
  if (text === '') {
    throw invalid(
      name === ''
        ? 'a domain name is missing: one looks like www.example.org'
        : `the name ${excerpt(name)} has an empty label: between two dots stands at least one character`,
    );
  }
  if (!LABEL.test(text)) {
    throw invalid(
      /[^ -~]/.test(text)
        ? `the name ${excerpt(name)} has characters beyond printable ASCII: write its form in IDNA, as xn--bcher-kva for bücher, or its bytes as \\DDD`
        : `the name ${excerpt(name)} has a blank, a quote, a parenthesis or a semicolon, or ends in a backslash: write \\032 for a blank, and a backslash before each of the others`,
    );
  }
  const label = bytesOf(text);
  if (label.length > MAX_LABEL_BYTES) {
    throw invalid(
      `the label ${excerpt(text)} has ${label.length} bytes: a label has at most ${MAX_LABEL_BYTES}`,
    );
  }
  return label;
}

/** Only ASCII letters have a case. The bytes that count others are below them, and so no letters. */
function keyOf(wire: Uint8Array): string {
  for (const [index, byte] of wire.entries()) {
    scratch[index] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
  }
  return scratch.toString('latin1', 0, wire.length);
}
