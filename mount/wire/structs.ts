/** The structs of include/uapi/linux/fuse.h, field by field. */
import { i32, i64, nested, reserved, struct, u16, u32, u64, type ValueOf } from './struct.js';

export const InHeader = struct('fuse_in_header', {
  len: u32,
  opcode: u32,
  unique: u64,
  nodeid: u64,
  uid: u32,
  gid: u32,
  pid: u32,
  total_extlen: u16,
  padding: u16,
});
export type InHeader = ValueOf<typeof InHeader>;

export const OutHeader = struct('fuse_out_header', { len: u32, error: i32, unique: u64 });

export const Attr = struct('fuse_attr', {
  ino: u64,
  size: u64,
  blocks: u64,
  atime: u64,
  mtime: u64,
  ctime: u64,
  atimensec: u32,
  mtimensec: u32,
  ctimensec: u32,
  mode: u32,
  nlink: u32,
  uid: u32,
  gid: u32,
  rdev: u32,
  blksize: u32,
  flags: u32,
});
export type Attr = ValueOf<typeof Attr>;

export const EntryOut = struct('fuse_entry_out', {
  nodeid: u64,
  generation: u64,
  entry_valid: u64,
  attr_valid: u64,
  entry_valid_nsec: u32,
  attr_valid_nsec: u32,
  ...nested('attr_', Attr),
});
export type EntryOut = ValueOf<typeof EntryOut>;

export const AttrOut = struct('fuse_attr_out', {
  attr_valid: u64,
  attr_valid_nsec: u32,
  dummy: u32,
  ...nested('attr_', Attr),
});

export const ForgetIn = struct('fuse_forget_in', { nlookup: u64 });
export const ForgetOne = struct('fuse_forget_one', { nodeid: u64, nlookup: u64 });
export const BatchForgetIn = struct('fuse_batch_forget_in', { count: u32, dummy: u32 });

export const GetattrIn = struct('fuse_getattr_in', { getattr_flags: u32, dummy: u32, fh: u64 });

export const SetattrIn = struct('fuse_setattr_in', {
  valid: u32,
  padding: u32,
  fh: u64,
  size: u64,
  lock_owner: u64,
  atime: u64,
  mtime: u64,
  ctime: u64,
  atimensec: u32,
  mtimensec: u32,
  ctimensec: u32,
  mode: u32,
  unused4: u32,
  uid: u32,
  gid: u32,
  unused5: u32,
});

export const MkdirIn = struct('fuse_mkdir_in', { mode: u32, umask: u32 });

export const CreateIn = struct('fuse_create_in', {
  flags: u32,
  mode: u32,
  umask: u32,
  open_flags: u32,
});

export const OpenIn = struct('fuse_open_in', { flags: u32, open_flags: u32 });
export const OpenOut = struct('fuse_open_out', { fh: u64, open_flags: u32, padding: u32 });

export const ReleaseIn = struct('fuse_release_in', {
  fh: u64,
  flags: u32,
  release_flags: u32,
  lock_owner: u64,
});

export const FlushIn = struct('fuse_flush_in', {
  fh: u64,
  unused: u32,
  padding: u32,
  lock_owner: u64,
});

export const ReadIn = struct('fuse_read_in', {
  fh: u64,
  offset: u64,
  size: u32,
  read_flags: u32,
  lock_owner: u64,
  flags: u32,
  padding: u32,
});

export const WriteIn = struct('fuse_write_in', {
  fh: u64,
  offset: u64,
  size: u32,
  write_flags: u32,
  lock_owner: u64,
  flags: u32,
  padding: u32,
});
export const WriteOut = struct('fuse_write_out', { size: u32, padding: u32 });

export const StatfsOut = struct('fuse_statfs_out', {
  blocks: u64,
  bfree: u64,
  bavail: u64,
  files: u64,
  ffree: u64,
  bsize: u32,
  namelen: u32,
  frsize: u32,
  padding: u32,
  spare: reserved(24),
});

/** The part that every kernel from 7.1 on sends; `flags2` follows from 7.36 on. */
export const InitIn = struct('fuse_init_in', {
  major: u32,
  minor: u32,
  max_readahead: u32,
  flags: u32,
});
export const InitInExtension = struct('fuse_init_in', { flags2: u32 });

export const InitOut = struct('fuse_init_out', {
  major: u32,
  minor: u32,
  max_readahead: u32,
  flags: u32,
  max_background: u16,
  congestion_threshold: u16,
  max_write: u32,
  time_gran: u32,
  max_pages: u16,
  map_alignment: u16,
  flags2: u32,
  unused: reserved(28),
});

export const InterruptIn = struct('fuse_interrupt_in', { unique: u64 });

export const PollIn = struct('fuse_poll_in', { fh: u64, kh: u64, flags: u32, events: u32 });
export const PollOut = struct('fuse_poll_out', { revents: u32, padding: u32 });

/** `name` follows, padded to 8 bytes. */
export const Dirent = struct('fuse_dirent', { ino: u64, off: u64, namelen: u32, type: u32 });

export const NotifyPollWakeupOut = struct('fuse_notify_poll_wakeup_out', { kh: u64 });

export const NotifyInvalInodeOut = struct('fuse_notify_inval_inode_out', {
  ino: u64,
  off: i64,
  len: i64,
});

/** The name and a NUL follow. */
export const NotifyInvalEntryOut = struct('fuse_notify_inval_entry_out', {
  parent: u64,
  namelen: u32,
  flags: u32,
});
