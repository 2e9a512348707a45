import type { Attributes, Directory, Node, SymbolicLink } from '../../mount/node.js';
import type { Circuit, MemberEntry } from '../anchor/circuit.js';
import { hostLinks } from '../anchor/host-links.js';
import type { MemberName } from '../base/address.js';
import { TimeStamps } from '../base/time-stamps.js';

/**
 * `.hosts`: symbolic links to the members by host name. They follow the list of members, and ask nobody.
 *
 * The kernel keeps nothing of it (ttl 0), and asks at each use: a name that becomes that of two members
 * must not lead to the first for a moment longer. Each use costs two requests, answered from memory; to
 * report changes of names instead would cost work at each coming and going, also where nobody looks.
 */
export class HostsDirectory implements Directory {
  readonly kind = 'directory';
  readonly ttl = 0;
  readonly negativeTtl = 0;
  readonly #circuit: Circuit;
  readonly #stamps = new TimeStamps();
  /** The list of which {@link #links} were made: it is another one when anything in it has changed. */
  #members: readonly MemberEntry[] = [];
  #links: ReadonlyMap<string, MemberName> = new Map();
  #changed = this.#stamps.next();

  constructor(circuit: Circuit) {
    this.#circuit = circuit;
  }

  attributes(): Attributes {
    this.#update();
    return { mode: 0o755, size: 0, mtime: this.#changed };
  }

  lookup(name: string): Node | undefined {
    this.#update();
    const member = this.#links.get(name);
    return member && linkTo(() => `../${member}`, { ttl: 0, id: member });
  }

  *list(): Iterable<readonly [string, Node]> {
    this.#update();
    for (const [name, member] of this.#links) {
      yield [name, linkTo(() => `../${member}`, { ttl: 0, id: member })];
    }
  }

  #update(): void {
    const members = this.#circuit.members();
    if (members === this.#members) return;
    this.#members = members;
    this.#links = hostLinks(members);
    this.#changed = this.#stamps.next();
  }
}

/** A link whose target is good under any mount point. */
export function linkTo(
  target: () => string,
  { ttl, id }: Pick<SymbolicLink, 'ttl' | 'id'>,
): SymbolicLink {
  return {
    kind: 'symlink',
    id,
    ttl,
    attributes: () => ({ mode: 0o777, size: target().length, mtime: 0n }),
    readlink: () => target(),
  };
}
