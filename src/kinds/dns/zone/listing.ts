import { formatRecord } from '../records/record.js';
import type { Node } from './node.js';
import { rank, sortKey } from './record-order.js';
import type { RRset } from './rrset.js';
import { SortedPages } from './sorted-pages.js';

/** The texts of the records of one name. */
interface Texts {
  /** Lines of zone text. Those of derived records have a comment. */
  readonly lines: string;
  /** The name and its records, as a property of an indented object of JSON. */
  readonly property: string;
}

/** A name in its place. */
interface Entry {
  readonly order: string;
  texts: Texts;
}

/**
 * The text of all records: by name, the last label first, and by type, SOA and NS first. The text of a
 * name is kept until that changes: so those of a zone of many names are put together in a few
 * milliseconds. They are asked for at each look at the files of a name server, since these have an exact size.
 */
export class Listing {
  readonly #impliedSoa: (node: Node) => RRset | undefined;
  readonly #entries = new Map<Node, Entry>();
  readonly #sorted = new SortedPages<Entry>();
  readonly #changed = new Set<Node>();
  #lines: string | undefined;
  #properties: string | undefined;

  /** @param impliedSoa The SOA that is shown with a name though none was set, if one is. */
  constructor(impliedSoa: (node: Node) => RRset | undefined) {
    this.#impliedSoa = impliedSoa;
  }

  /** The records of a name have changed. */
  changed(node: Node): void {
    this.#changed.add(node);
  }

  /** Zone text, a line for each record. */
  lines(): string {
    this.update();
    this.#lines ??= this.#sorted
      .all()
      .map(({ texts }) => texts.lines)
      .join('\n');
    return this.#lines;
  }

  /** The records of each name, as the indented JSON of an object within another. */
  json(): string {
    this.update();
    this.#properties ??= this.#sorted
      .all()
      .map(({ texts }) => texts.property)
      .join(',\n');
    return this.#properties === '' ? '{}' : `{\n${this.#properties}\n  }`;
  }

  /** Takes over what has changed: whoever changes much does it at times, so that whoever looks need not. */
  update(): void {
    if (this.#changed.size === 0) return;
    for (const node of this.#changed) {
      const entry = this.#entries.get(node);
      if (!node.hasRecords) {
        this.#entries.delete(node);
        if (entry) this.#sorted.remove(entry);
      } else if (entry) entry.texts = this.#textsOf(node);
      else this.#enter(node);
    }
    this.#changed.clear();
    this.#lines = undefined;
    this.#properties = undefined;
  }

  #enter(node: Node): void {
    const entry = { order: sortKey(node.key), texts: this.#textsOf(node) };
    this.#entries.set(node, entry);
    this.#sorted.insert(entry);
  }

  #textsOf(node: Node): Texts {
    const { name, own, shown } = node;
    const soa = this.#impliedSoa(node);
    const all = [
      ...own.map((set) => ({ set, comment: '' })),
      ...(soa ? [soa, ...shown] : shown).map((set) => ({ set, comment: '\t; member' })),
    ];
    const lines: string[] = [];
    const values: string[] = [];
    for (const { set, comment } of all.sort((a, b) => rank(a.set.type) - rank(b.set.type))) {
      for (const data of set.data) {
        const line = formatRecord({ owner: name, type: set.type, ...data }, data.text);
        lines.push(line + comment);
        values.push(`      ${JSON.stringify(line)}`);
      }
    }
    // V8 makes one string of what is joined, and a tree of what is added.
    const property = ['    ', JSON.stringify(String(name)), ': [\n', values.join(',\n'), '\n    ]'];
    return { lines: lines.join('\n'), property: property.join('') };
  }
}
