/** The types of operations, and of their arguments. */
import type { Notifications } from '../conversation/notifications.js';
import type { Answer } from '../conversation/replies.js';
import type { Request } from '../conversation/request.js';
import type { OpenFile } from '../files/open-file.js';
import type { OpenFiles } from '../files/open-files.js';
import type { WriteBuffers } from '../files/write-buffers.js';
import type { Inode, InodeTable } from '../inodes/inode-table.js';
import type { Awaitable, Directory } from '../node.js';
import type { Init } from '../wire/request.js';

/** The owner of all files of a mount. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** Whether other users may use the mount, as far as the modes allow. */
  readonly allowOther: boolean;
}

/** The parts of one mount, which its operations share. */
export interface Server {
  readonly owner: Owner;
  readonly inodes: InodeTable;
  readonly files: OpenFiles;
  readonly buffers: WriteBuffers;
  readonly notifications: Notifications;
  initialize(offer: Init): Answer;
  /** The kernel gives up on the request with this number. */
  interrupt(unique: number): void;
}

/** A name in a directory, whether or not it exists. */
export interface Place {
  readonly parent: Inode;
  /** The node of `parent`. */
  readonly directory: Directory;
  readonly name: string;
}

/** Answers a request about a {@link Place}, an {@link Inode} or an {@link OpenFile}. */
export type Run<Subject, Args = undefined> = (
  server: Server,
  subject: Subject,
  args: Args,
  request: Request,
) => Awaitable<Answer>;
