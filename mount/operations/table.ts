/** The table of operations: for each opcode its decoder, the function that answers, and its flags. */
import { constants } from 'node:os';
import { onFailure } from '../awaitable.js';
import type { Interruption } from '../conversation/asking-thread.js';
import type { Answer } from '../conversation/replies.js';
import type { Request } from '../conversation/request.js';
import { codeOf } from '../errno.js';
import type { OpenFile } from '../files/open-file.js';
import type { Inode } from '../inodes/inode-table.js';
import type { Awaitable } from '../node.js';
import { Opcode } from '../wire/constants.js';
import * as decode from '../wire/request.js';
import * as structs from '../wire/structs.js';
import { getattr, readlink, setattr } from './attributes.js';
import { readdir, readdirplus } from './directory-reading.js';
import { flush, open, poll, read, release, write } from './files.js';
import { create, lookup, mkdir, rmdir } from './names.js';
import type { Place, Run, Server } from './operation.js';

const { EBADF, EINVAL, ENAMETOOLONG, ENOENT, ENOSYS, ENOTDIR, EPERM, ESTALE } = constants.errno;

/** NAME_MAX, in bytes. */
const LONGEST_NAME = 255;

export interface Operation {
  /**
   * Throws, or rejects with, what nodes and handles throw.
   * @throws {DecodeError} if the message is malformed.
   */
  readonly serve: (server: Server, request: Request, message: decode.Message) => Awaitable<Answer>;
  /** The kernel expects no reply. */
  readonly unanswered?: true;
  /** The interruptions after which the operation goes on, beside harmless ones. */
  readonly survives?: readonly Interruption[];
  /** The time for an answer after an abort. Without it the answer is EINTR at once. */
  readonly lastWordMs?: number;
}

/** Programs ignore errors of close(2), so an interrupted close must not lose bytes. */
const closing = { survives: ['stop', 'handled'] } as const;

/** After EINTR a program writes the same again, so a write that took bytes must say how many. */
const writing = { survives: ['stop'], lastWordMs: 300 } as const;

/** No blocks are counted. */
const statfs = structs.StatfsOut.encode({ bsize: 4096, frsize: 4096, namelen: LONGEST_NAME });

/** Only mkdir(2) and rmdir(2) change names. */
const refused = always(EPERM);

/**
 * After ENOSYS the kernel never asks again and does the work itself, or not at all: it lists directories
 * without OPENDIR, has its own flock, lseek and copy_file_range, and programs get EOPNOTSUPP for xattrs.
 */
const unserved = always(ENOSYS);

const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  // The connection.
  [Opcode.INIT, { serve: ({ initialize }, _, message) => initialize(decode.init(message)) }],
  [Opcode.DESTROY, always(0)],
  [Opcode.INTERRUPT, unanswered(decode.fixed(structs.InterruptIn), interrupt)],
  [Opcode.STATFS, always(statfs)],
  // Inodes.
  [Opcode.FORGET, unanswered(decode.fixed(structs.ForgetIn), forget)],
  [Opcode.BATCH_FORGET, unanswered(decode.forgets, forgetAll)],
  [Opcode.ACCESS, always(0)],
  [Opcode.GETATTR, onInode(decode.fixed(structs.GetattrIn), getattr)],
  [Opcode.SETATTR, onInode(decode.fixed(structs.SetattrIn), setattr)],
  [Opcode.READLINK, onInode(decode.nothing, readlink)],
  [Opcode.OPENDIR, unserved],
  [Opcode.READDIR, onInode(decode.fixed(structs.ReadIn), readdir)],
  [Opcode.READDIRPLUS, onInode(decode.fixed(structs.ReadIn), readdirplus)],
  [Opcode.OPEN, onInode(decode.fixed(structs.OpenIn), open)],
  // Names in directories.
  [Opcode.LOOKUP, onName(decode.nameAfter(), ENOENT, lookup)],
  [Opcode.MKDIR, onName(decode.nameAfter(structs.MkdirIn), EINVAL, mkdir)],
  [Opcode.RMDIR, onName(decode.nameAfter(), ENOENT, rmdir)],
  [Opcode.CREATE, onName(decode.nameAfter(structs.CreateIn), EPERM, create)],
  [Opcode.MKNOD, refused],
  [Opcode.SYMLINK, refused],
  [Opcode.LINK, refused],
  [Opcode.UNLINK, refused],
  [Opcode.RENAME, refused],
  [Opcode.RENAME2, refused],
  // Open files.
  [Opcode.READ, onFile(decode.fixed(structs.ReadIn), read)],
  [Opcode.WRITE, { ...onFile(decode.write, write), ...writing }],
  [Opcode.POLL, onFile(decode.fixed(structs.PollIn), poll)],
  [Opcode.FLUSH, { ...onFile(decode.fixed(structs.FlushIn), flush), ...closing }],
  [Opcode.RELEASE, onFile(decode.fixed(structs.ReleaseIn), release)],
]);

export function operationOf(opcode: number): Operation {
  return operations.get(opcode) ?? unserved;
}

function always(answer: Answer): Operation {
  return { serve: () => answer };
}

function unanswered<A>(
  decoder: decode.Decoder<A>,
  run: (server: Server, args: A, request: Request) => void,
): Operation {
  const serve: Operation['serve'] = (server, request, message) => {
    run(server, decoder(message), request);
    return 0;
  };
  return { serve, unanswered: true };
}

function onInode<A>(decoder: decode.Decoder<A>, run: Run<Inode, A>): Operation {
  const serve: Operation['serve'] = (server, request, message) => {
    const args = decoder(message);
    const inode = server.inodes.get(request.nodeid);
    return inode === undefined ? ESTALE : run(server, inode, args, request);
  };
  return { serve };
}

/** @param illegible The errno for a name that is not UTF-8. */
function onName(
  decoder: decode.Decoder<decode.Name>,
  illegible: number,
  run: Run<Place>,
): Operation {
  return onInode(decoder, (server, parent, { name, nameBytes }, request) => {
    const directory = parent.node;
    if (directory.kind !== 'directory') return ENOTDIR;
    if (nameBytes > LONGEST_NAME) return ENAMETOOLONG;
    if (name === undefined) return illegible;
    return run(server, { parent, directory, name }, undefined, request);
  });
}

function onFile<A extends { readonly fh: number }>(
  decoder: decode.Decoder<A>,
  run: Run<OpenFile, A>,
): Operation {
  const serve: Operation['serve'] = (server, request, message) => {
    const args = decoder(message);
    const file = server.files.get(args.fh);
    if (file === undefined) return EBADF;
    return onFailure(
      () => run(server, file, args, request),
      (error) => {
        if (codeOf(error) === 'EAGAIN') file.exhausted();
      },
    );
  };
  return { serve };
}

function interrupt(server: Server, { unique }: structs.InterruptIn): void {
  server.interrupt(unique);
}

function forget({ inodes }: Server, { nlookup }: structs.ForgetIn, { nodeid }: Request): void {
  inodes.forget(nodeid, nlookup);
}

function forgetAll({ inodes }: Server, all: readonly structs.ForgetOne[]): void {
  for (const { nodeid, nlookup } of all) inodes.forget(nodeid, nlookup);
}
