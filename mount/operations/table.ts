/** Every request that the kernel makes: how it is decoded, and what answers it. */
import { constants } from 'node:os';
import { onFailure } from '../awaitable.js';
import type { Interruption } from '../conversation/asking-thread.js';
import type { Answer } from '../conversation/replies.js';
import type { Request } from '../conversation/request.js';
import type { OpenFile } from '../files/open-file.js';
import type { Inode } from '../inodes/inode-table.js';
import type { Awaitable } from '../node.js';
import { Opcode } from '../wire/constants.js';
import {
  type Decoder,
  fixed,
  forgets,
  init,
  type Message,
  type Name,
  nameAfter,
  nothing,
  write as writeMessage,
} from '../wire/request.js';
import type { ValueOf } from '../wire/struct.js';
import {
  CreateIn,
  FlushIn,
  ForgetIn,
  type ForgetOne,
  GetattrIn,
  InterruptIn,
  MkdirIn,
  OpenIn,
  PollIn,
  ReadIn,
  ReleaseIn,
  SetattrIn,
  StatfsOut,
} from '../wire/structs.js';
import { getattr, setattr } from './attributes.js';
import { readdir, readlink } from './directory-reading.js';
import { flush, open, poll, read, release, write } from './files.js';
import { create, lookup, mkdir, type Place, rmdir } from './names.js';
import type { Server } from './server.js';

const { EBADF, EINVAL, ENAMETOOLONG, ENOENT, ENOSYS, ENOTDIR, EPERM, ESTALE } = constants.errno;

/** NAME_MAX, in bytes. */
const LONGEST_NAME = 255;

export interface Operation {
  /**
   * Throws, or rejects with, what the nodes throw.
   * @throws {DecodeError}
   */
  readonly serve: (server: Server, request: Request, message: Message) => Awaitable<Answer>;
  /** No reply may be written to it. */
  readonly unanswered?: true;
  /** Beside harmless ones, the interruptions of its program in spite of which it goes on. */
  readonly survives?: readonly Interruption[];
  /** How long it may take to answer for itself once it is aborted. Without it, it is EINTR at once. */
  readonly lastWordMs?: number;
}

/** A close must not lose what was written, and its program takes no heed of how it ends. */
const closing = { survives: ['stop', 'handled'] } as const;

/** What has taken something says so itself: a program that is told EINTR writes the same again. */
const writing = { survives: ['stop'], lastWordMs: 300 } as const;

/** Names are made and changed by mkdir(2) and rmdir(2) alone. */
const refused = always(EPERM);

const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  // About the connection.
  [Opcode.INIT, { serve: ({ initialize }, _, message) => initialize(init(message)) }],
  [Opcode.DESTROY, always(0)],
  [Opcode.INTERRUPT, unanswered(fixed(InterruptIn), interrupt)],
  [Opcode.STATFS, always(StatfsOut.encode({ bsize: 4096, frsize: 4096, namelen: LONGEST_NAME }))],
  // About an inode.
  [Opcode.FORGET, unanswered(fixed(ForgetIn), forget)],
  [Opcode.BATCH_FORGET, unanswered(forgets, forgetAll)],
  [Opcode.ACCESS, always(0)],
  [Opcode.GETATTR, onInode(fixed(GetattrIn), getattr)],
  [Opcode.SETATTR, onInode(fixed(SetattrIn), setattr)],
  [Opcode.READLINK, onInode(nothing, readlink)],
  [Opcode.READDIR, onInode(fixed(ReadIn), readdir(false))],
  [Opcode.READDIRPLUS, onInode(fixed(ReadIn), readdir(true))],
  [Opcode.OPEN, onInode(fixed(OpenIn), open)],
  // About a name in a directory.
  [Opcode.LOOKUP, onName(nameAfter(), ENOENT, lookup)],
  [Opcode.MKDIR, onName(nameAfter(MkdirIn), EINVAL, mkdir)],
  [Opcode.RMDIR, onName(nameAfter(), ENOENT, rmdir)],
  [Opcode.CREATE, onName(nameAfter(CreateIn), EPERM, create)],
  [Opcode.MKNOD, refused],
  [Opcode.SYMLINK, refused],
  [Opcode.LINK, refused],
  [Opcode.UNLINK, refused],
  [Opcode.RENAME, refused],
  [Opcode.RENAME2, refused],
  // About an open file.
  [Opcode.READ, onFile(fixed(ReadIn), read)],
  [Opcode.WRITE, { ...onFile(writeMessage, write), ...writing }],
  [Opcode.POLL, onFile(fixed(PollIn), poll)],
  [Opcode.FLUSH, { ...onFile(fixed(FlushIn), flush), ...closing }],
  [Opcode.RELEASE, onFile(fixed(ReleaseIn), release)],
]);

/**
 * ENOSYS makes the kernel do without for good: no OPENDIR, no xattr (EOPNOTSUPP to programs), its
 * own flock, lseek and copy_file_range.
 */
const unserved = always(ENOSYS);

export function operationOf(opcode: number): Operation {
  return operations.get(opcode) ?? unserved;
}

function interrupt(server: Server, { unique }: ValueOf<typeof InterruptIn>): void {
  server.interrupt(unique);
}

function forget({ inodes }: Server, forgotten: ValueOf<typeof ForgetIn>, request: Request): void {
  inodes.forget(request.nodeid, forgotten.nlookup);
}

function forgetAll({ inodes }: Server, all: readonly ValueOf<typeof ForgetOne>[]): void {
  for (const { nodeid, nlookup } of all) inodes.forget(nodeid, nlookup);
}

function always(answer: Answer): Operation {
  return { serve: () => answer };
}

function unanswered<A>(
  decode: Decoder<A>,
  run: (server: Server, args: A, request: Request) => void,
): Operation {
  const serve: Operation['serve'] = (server, request, message) => {
    run(server, decode(message), request);
    return 0;
  };
  return { serve, unanswered: true };
}

function onInode<A>(
  decode: Decoder<A>,
  run: (server: Server, inode: Inode, args: A, request: Request) => Awaitable<Answer>,
): Operation {
  const serve: Operation['serve'] = (server, request, message) => {
    const args = decode(message);
    const inode = server.inodes.get(request.nodeid);
    return inode === undefined ? ESTALE : run(server, inode, args, request);
  };
  return { serve };
}

/** `illegible` answers for a name that is not UTF-8. */
function onName(
  decode: Decoder<Name>,
  illegible: number,
  run: (server: Server, place: Place, request: Request) => Awaitable<Answer>,
): Operation {
  return onInode(decode, (server, parent, { name, nameBytes }, request) => {
    const directory = parent.node;
    if (directory.kind !== 'directory') return ENOTDIR;
    if (nameBytes > LONGEST_NAME) return ENAMETOOLONG;
    return name === undefined ? illegible : run(server, { parent, directory, name }, request);
  });
}

function onFile<A extends { readonly fh: number }>(
  decode: Decoder<A>,
  run: (server: Server, file: OpenFile, args: A, request: Request) => Awaitable<Answer>,
): Operation {
  const serve: Operation['serve'] = (server, request, message) => {
    const args = decode(message);
    const file = server.files.get(args.fh);
    if (file === undefined) return EBADF;
    return onFailure(
      () => run(server, file, args, request),
      (error) => file.failed(error),
    );
  };
  return { serve };
}
