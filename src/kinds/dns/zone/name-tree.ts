import type { DomainName } from '../records/name.js';
import { labelStarts } from './label-starts.js';
import { Node } from './node.js';

/** The names that are there, each with all those above it. */
export class NameTree {
  readonly #nodes = new Map<string, Node>();

  /** How many names there are. */
  get size(): number {
    return this.#nodes.size;
  }

  /** @param key As {@link DomainName.key}. */
  get(key: string): Node | undefined {
    return this.#nodes.get(key);
  }

  /** The name, which may be new, as those above it may. */
  enter(name: DomainName): Node {
    const known = this.#nodes.get(name.key);
    if (known) return known;
    const entered = this.#add(name.key, name);
    for (const start of labelStarts(name.key).slice(1)) {
      const key = name.key.slice(start);
      const above = this.#nodes.get(key);
      (above ?? this.#add(key, name)).children += 1;
      if (above) break;
    }
    return entered;
  }

  /** Removes a name that has no records and no names below it, and those above it for which that is true then. */
  leave(name: Node): void {
    let node: Node | undefined = name;
    while (node && !node.hasRecords && node.children === 0) {
      this.#nodes.delete(node.key);
      const { key }: Node = node;
      node = key.length === 1 ? undefined : this.#nodes.get(key.slice(1 + key.charCodeAt(0)));
      if (node) node.children -= 1;
    }
  }

  #add(key: string, below: DomainName): Node {
    const node = new Node(key, below);
    this.#nodes.set(key, node);
    return node;
  }
}
