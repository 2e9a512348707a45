import type { Attributes, Directory, Node } from '../../mount/node.js';
import type { Circuit, MemberEntry } from '../anchor/circuit.js';
import { TimeStamps } from '../base/time-stamps.js';
import { REGISTRY, type Registry } from '../kinds/registry.js';
import { AnchorDirectory } from './anchor.js';
import { ConstantFile, STARTED, STATIC_TTL_S } from './control.js';
import { FailureNotes } from './failure-notes.js';
import { HostsDirectory, linkTo } from './hosts.js';
import type { NamespaceContext, OperationLog } from './operation.js';
import { Renderings } from './renderings.js';

/** The root of the mount: one directory for each member. */
export function circuitDirectory(
  circuit: Circuit,
  log: OperationLog,
  registry: Registry = REGISTRY,
): Directory {
  return new CircuitDirectory(circuit, {
    registry,
    log,
    failures: new FailureNotes(),
    renderings: new Renderings(),
  });
}

const CIRCUIT_HELP = `\
Each directory here is a member of the network, a daemon on some host.

  ls                          the members
  cd .self                    this host's own member
  cat .self/addr              the address with which others can join it (a secret)
  echo "$ADDRESS" > .self/join
                              merge this network with that of another daemon
  mkdir .self/build           make an anchor: they live inside a member
  cat X*/help                 what can be done with a member
  cat .hosts/web1/peek        the member on the host of that name
`;

class CircuitDirectory implements Directory {
  readonly kind = 'directory';
  readonly ttl = STATIC_TTL_S;
  readonly negativeTtl = STATIC_TTL_S;
  readonly #circuit: Circuit;
  readonly #context: NamespaceContext;
  readonly #hidden: ReadonlyMap<string, Node>;
  readonly #directories = new Map<string, Directory>();
  readonly #stamps = new TimeStamps();
  #changed = this.#stamps.next();

  constructor(circuit: Circuit, context: NamespaceContext) {
    this.#circuit = circuit;
    this.#context = context;
    this.#hidden = new Map<string, Node>([
      ['.help', new ConstantFile(0o444, () => CIRCUIT_HELP)],
      ['.hosts', new HostsDirectory(circuit)],
      ['.self', linkTo(() => circuit.self, { ttl: STATIC_TTL_S })],
    ]);
    circuit.watch((name, gone) => {
      if (gone) this.#directories.delete(name);
      this.#changed = this.#stamps.next();
    });
  }

  attributes(): Attributes {
    return { mode: 0o755, size: 0, mtime: this.#changed };
  }

  lookup(name: string): Node | undefined {
    return this.#hidden.get(name) ?? this.#member(name);
  }

  *list(): Iterable<readonly [string, Node]> {
    yield* this.#hidden;
    for (const entry of this.#circuit.members()) {
      const directory = this.#directory(entry);
      if (directory) yield [entry.name, directory];
    }
  }

  watch(changed: (name: string, gone: boolean) => void): Disposable {
    return this.#circuit.watch(changed);
  }

  #member(name: string): Directory | undefined {
    const known = this.#directories.get(name);
    if (known) return known;
    const entry = this.#circuit.members().find((member) => member.name === name);
    return entry && this.#directory(entry);
  }

  #directory({ name, joined }: MemberEntry): Directory | undefined {
    const known = this.#directories.get(name);
    if (known) return known;
    const member = this.#circuit.member(name);
    if (!member) return undefined;
    // A member that comes back under its old name is another directory.
    const place = { member, path: [], context: this.#context };
    const directory = new AnchorDirectory(place, { id: joined, changed: STARTED });
    this.#directories.set(name, directory);
    return directory;
  }
}
