/** LOOKUP, MKDIR, RMDIR and CREATE: the requests about a name in a directory. */
import { constants } from 'node:os';
import { isPromise, whenReady } from '../awaitable.js';
import type { Invalidation } from '../inodes/invalidation.js';
import type { Inode, Tree } from '../inodes/tree.js';
import type { Awaitable, Caller, Node } from '../node.js';
import type { Answer, Delivery } from '../requests/answer.js';
import type { Name } from '../wire/request.js';
import { EntryOut } from '../wire/structs.js';
import { absentEntry, entryOut, type Owner } from './attributes.js';

const { EINVAL, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, ESTALE } = constants.errno;

/** NAME_MAX, in bytes. */
export const LONGEST_NAME = 255;

const nothing = new Uint8Array(0);

export class NameOperations {
  readonly #tree: Tree;
  readonly #invalidation: Invalidation;
  readonly #owner: Owner;

  constructor(tree: Tree, invalidation: Invalidation, owner: Owner) {
    this.#tree = tree;
    this.#invalidation = invalidation;
    this.#owner = owner;
  }

  lookup(parent: Inode, { name, nameBytes }: Name, caller: Caller): Awaitable<Answer> {
    const directory = parent.node;
    if (directory.kind !== 'directory') return ENOTDIR;
    if (nameBytes > LONGEST_NAME) return ENAMETOOLONG;
    if (name === undefined) return ENOENT;
    return whenReady(directory.lookup(name, caller), (node) => {
      if (node !== undefined) return this.#entry(parent, name, node, caller);
      return directory.negativeTtl > 0 ? absentEntry(directory.negativeTtl) : ENOENT;
    });
  }

  #entry(parent: Inode, name: string, node: Node, caller: Caller): Awaitable<Delivery> {
    return whenReady(node.attributes(caller), (attributes) => {
      const inode = this.#tree.lookup(parent, name, node);
      return {
        body: EntryOut.encode(entryOut(inode, attributes, this.#owner)),
        done: (delivered) => {
          if (!delivered) this.#tree.forget(inode.nodeid, 1);
        },
      };
    });
  }

  mkdir(parent: Inode, { name, nameBytes }: Name, caller: Caller): Awaitable<Answer> {
    const directory = parent.node;
    if (directory.kind !== 'directory') return ENOTDIR;
    if (directory.mkdir === undefined) return EPERM;
    if (nameBytes > LONGEST_NAME) return ENAMETOOLONG;
    if (name === undefined) return EINVAL;
    return this.#changingName(parent, name, () =>
      whenReady(directory.mkdir?.(name, caller), (made) =>
        made === undefined ? EPERM : this.#entry(parent, name, made, caller),
      ),
    );
  }

  rmdir(parent: Inode, { name, nameBytes }: Name, caller: Caller): Awaitable<Answer> {
    const directory = parent.node;
    if (directory.kind !== 'directory') return ENOTDIR;
    if (directory.rmdir === undefined) return EPERM;
    if (nameBytes > LONGEST_NAME) return ENAMETOOLONG;
    if (name === undefined) return ENOENT;
    return this.#changingName(parent, name, () =>
      whenReady(directory.rmdir?.(name, caller), () => {
        this.#tree.remove(parent, name);
        return { body: nothing, done: () => undefined };
      }),
    );
  }

  /** open(2) with O_CREAT has met no such file: as each shell's `>` asks for. */
  create(parent: Inode, { name, nameBytes }: Name, caller: Caller): Awaitable<Answer> {
    const directory = parent.node;
    if (directory.kind !== 'directory') return ENOTDIR;
    if (nameBytes > LONGEST_NAME) return ENAMETOOLONG;
    if (name === undefined) return EPERM;
    return whenReady(directory.lookup(name, caller), (node) => {
      // It has come meanwhile: at ESTALE the kernel looks for it anew, once (fs/namei.c).
      if (node !== undefined) return ESTALE;
      return whenReady(directory.create?.(name, caller), () => EPERM);
    });
  }

  /** Runs a change of which the kernel learns by the reply, if it takes it, and else by notification. */
  #changingName(
    parent: Inode,
    name: string,
    change: () => Awaitable<number | Delivery>,
  ): Awaitable<Answer> {
    const settled = this.#invalidation.hold(parent, name);
    const release = (answer: number | Delivery): Answer => {
      if (typeof answer === 'number') {
        settled(false);
        return answer;
      }
      const done = (delivered: boolean) => {
        answer.done(delivered);
        settled(delivered);
      };
      return { body: answer.body, done };
    };
    const fail = (error: unknown): never => {
      settled(false);
      throw error;
    };
    try {
      const answer = change();
      return isPromise(answer) ? answer.then(release, fail) : release(answer);
    } catch (error) {
      return fail(error);
    }
  }
}
