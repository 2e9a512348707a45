/** What each request means: the nodes are asked, and their answers put into the kernel's words. */
import { constants } from 'node:os';
import { whenReady } from '../awaitable.js';
import type { Inode, Tree } from '../inodes/tree.js';
import type { Awaitable, Caller } from '../node.js';
import type { Answer } from '../requests/answer.js';
import type { RequestCaller } from '../requests/caller.js';
import { Opcode, SetattrValid } from '../wire/constants.js';
import type { RequestBody } from '../wire/request.js';
import type { ValueOf } from '../wire/struct.js';
import { type SetattrIn, StatfsOut } from '../wire/structs.js';
import { attrOut, type Owner, wouldChange } from './attributes.js';
import { type Reader, readDirectory } from './directory-reading.js';
import type { FileOperations, FileRequest } from './file-operations.js';
import { LONGEST_NAME, type NameOperations } from './name-operations.js';

const { EACCES, EINVAL, EISDIR, ENOSYS, EPERM, ESTALE } = constants.errno;

/** The requests that reach a node; the others are the connection's. */
export type NodeRequest = Exclude<
  RequestBody,
  { readonly op: 'INIT' | 'DESTROY' | 'INTERRUPT' | 'FORGET' | 'BATCH_FORGET' }
>;

type InodeRequest = Exclude<
  NodeRequest,
  FileRequest | { readonly op: 'STATFS' | 'ACCESS' | 'unserved' }
>;

/** Names cannot be made or changed here but by mkdir(2) and rmdir(2). */
const refused = new Set<number>([
  Opcode.MKNOD,
  Opcode.UNLINK,
  Opcode.RENAME,
  Opcode.RENAME2,
  Opcode.LINK,
  Opcode.SYMLINK,
]);

export class Operations {
  readonly #tree: Tree;
  readonly #owner: Owner;
  readonly #names: NameOperations;
  readonly #files: FileOperations;
  readonly #reader: Reader;

  constructor(reader: Reader, names: NameOperations, files: FileOperations) {
    this.#tree = reader.tree;
    this.#owner = reader.owner;
    this.#names = names;
    this.#files = files;
    this.#reader = reader;
  }

  /** Throws, or rejects with, what the nodes throw. */
  run(
    request: NodeRequest,
    opcode: number,
    nodeid: number,
    caller: RequestCaller,
  ): Awaitable<Answer> {
    switch (request.op) {
      case 'READ':
      case 'WRITE':
      case 'FLUSH':
      case 'POLL':
      case 'RELEASE':
        return this.#files.run(request, caller);
      case 'STATFS':
        return StatfsOut.encode({ bsize: 4096, frsize: 4096, namelen: LONGEST_NAME });
      case 'ACCESS':
        return 0;
      case 'unserved':
        // ENOSYS makes the kernel do without for good: no OPENDIR, no xattr
        // (EOPNOTSUPP to programs), its own flock, lseek and copy_file_range.
        return refused.has(opcode) ? EPERM : ENOSYS;
      default: {
        const inode = this.#tree.get(nodeid);
        return inode === undefined ? ESTALE : this.#onInode(request, inode, caller);
      }
    }
  }

  #onInode(request: InodeRequest, inode: Inode, caller: Caller): Awaitable<Answer> {
    switch (request.op) {
      case 'LOOKUP':
        return this.#names.lookup(inode, request.args, caller);
      case 'GETATTR':
        return this.#getattr(inode, caller);
      case 'SETATTR':
        return this.#setattr(inode, request.args, caller);
      case 'READLINK': {
        const { node } = inode;
        if (node.kind !== 'symlink') return EINVAL;
        return whenReady(node.readlink(caller), (target) => Buffer.from(target));
      }
      case 'MKDIR':
        return this.#names.mkdir(inode, request.args, caller);
      case 'RMDIR':
        return this.#names.rmdir(inode, request.args, caller);
      case 'CREATE':
        return this.#names.create(inode, request.args, caller);
      case 'OPEN':
        return this.#files.open(inode, request.args.flags, caller);
      case 'READDIR':
      case 'READDIRPLUS': {
        const { offset, size } = request.args;
        const plus = request.op === 'READDIRPLUS';
        return readDirectory(this.#reader, inode, { offset, size, plus }, caller);
      }
      default:
        throw new TypeError(`unknown request ${String(request satisfies never)}`);
    }
  }

  #getattr(inode: Inode, caller: Caller): Awaitable<Answer> {
    return whenReady(inode.node.attributes(caller), (attributes) =>
      attrOut(inode, attributes, this.#owner),
    );
  }

  /** Truncation is accepted, as shells ask for it; it changes nothing. So is whatever changes nothing. */
  #setattr(inode: Inode, change: ValueOf<typeof SetattrIn>, caller: Caller): Awaitable<Answer> {
    return whenReady(inode.node.attributes(caller), (attributes) => {
      if (wouldChange(change, attributes, this.#owner)) return EPERM;
      if (change.valid & SetattrValid.SIZE) {
        if (inode.node.kind !== 'file') return EISDIR;
        if (!(attributes.mode & 0o222)) return EACCES;
      }
      return attrOut(inode, attributes, this.#owner);
    });
  }
}
