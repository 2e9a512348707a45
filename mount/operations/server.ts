/** What the operations of one mount share. */
import type { Notifications } from '../conversation/notifications.js';
import type { Answer } from '../conversation/replies.js';
import type { OpenFiles } from '../files/open-files.js';
import type { WriteBuffers } from '../files/write-buffers.js';
import type { InodeTable } from '../inodes/inode-table.js';
import type { Init } from '../wire/request.js';
import type { Owner } from './attributes.js';

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
