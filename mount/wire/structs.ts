/** The structs of include/uapi/linux/fuse.h, field by field. */
import { i32, reserved, Struct, u16, u32, u64, type ValueOf } from './struct.js';

export const InHeader = new Struct('fuse_in_header', {
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

export const OutHeader = new Struct('fuse_out_header', { len: u32, error: i32, unique: u64 });

/** struct fuse_attr, a part of other structs. */
const attr = {
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
};

export const EntryOut = new Struct('fuse_entry_out', {
  nodeid: u64,
  generation: u64,
  entry_valid: u64,
  attr_valid: u64,
  entry_valid_nsec: u32,
  attr_valid_nsec: u32,
  ...attr,
});
export type EntryOut = ValueOf<typeof EntryOut>;

export const AttrOut = new Struct('fuse_attr_out', {
  attr_valid: u64,
  attr_valid_nsec: u32,
  dummy: u32,
  ...attr,
});

export const ForgetIn = new Struct('fuse_forget_in', { nlookup: u64 });
export type ForgetIn = ValueOf<typeof ForgetIn>;
export const ForgetOne = new Struct('fuse_forget_one', { nodeid: u64, nlookup: u64 });
export type ForgetOne = ValueOf<typeof ForgetOne>;
export const BatchForgetIn = new Struct('fuse_batch_forget_in', { count: u32, dummy: u32 });

export const GetattrIn = new Struct('fuse_getattr_in', { getattr_flags: u32, dummy: u32, fh: u64 });

export const SetattrIn = new Struct('fuse_setattr_in', {
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
export type SetattrIn = ValueOf<typeof SetattrIn>;

export const MkdirIn = new Struct('fuse_mkdir_in', { mode: u32, umask: u32 });

export const CreateIn = new Struct('fuse_create_in', {
  flags: u32,
  mode: u32,
  umask: u32,
  open_flags: u32,
});

export const OpenIn = new Struct('fuse_open_in', { flags: u32, open_flags: u32 });
export type OpenIn = ValueOf<typeof OpenIn>;
export const OpenOut = new Struct('fuse_open_out', { fh: u64, open_flags: u32, padding: u32 });

export const ReleaseIn = new Struct('fuse_release_in', {
  fh: u64,
  flags: u32,
  release_flags: u32,
  lock_owner: u64,
});

export const FlushIn = new Struct('fuse_flush_in', {
  fh: u64,
  unused: u32,
  padding: u32,
  lock_owner: u64,
});
export type FlushIn = ValueOf<typeof FlushIn>;

/** READ and WRITE have the same fields; the header calls `io_flags` read_flags and write_flags. */
const transfer = {
  fh: u64,
  offset: u64,
  size: u32,
  io_flags: u32,
  lock_owner: u64,
  flags: u32,
  padding: u32,
};
export const ReadIn = new Struct('fuse_read_in', transfer);
export type ReadIn = ValueOf<typeof ReadIn>;
export const WriteIn = new Struct('fuse_write_in', transfer);
export const WriteOut = new Struct('fuse_write_out', { size: u32, padding: u32 });

export const StatfsOut = new Struct('fuse_statfs_out', {
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

/** Every kernel sends these fields; from 7.36 on `flags2` follows. */
export const InitIn = new Struct('fuse_init_in', {
  major: u32,
  minor: u32,
  max_readahead: u32,
  flags: u32,
});
export const InitInExtension = new Struct('fuse_init_in', { flags2: u32 });

export const InitOut = new Struct('fuse_init_out', {
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

export const InterruptIn = new Struct('fuse_interrupt_in', { unique: u64 });
export type InterruptIn = ValueOf<typeof InterruptIn>;

export const PollIn = new Struct('fuse_poll_in', { fh: u64, kh: u64, flags: u32, events: u32 });
export type PollIn = ValueOf<typeof PollIn>;
export const PollOut = new Struct('fuse_poll_out', { revents: u32, padding: u32 });

/** `name` follows, padded to 8 bytes. */
export const Dirent = new Struct('fuse_dirent', { ino: u64, off: u64, namelen: u32, type: u32 });

export const NotifyPollWakeupOut = new Struct('fuse_notify_poll_wakeup_out', { kh: u64 });

export const NotifyInvalInodeOut = new Struct('fuse_notify_inval_inode_out', {
  ino: u64,
  off: u64,
  len: u64,
});

/** The name and a NUL follow. */
export const NotifyInvalEntryOut = new Struct('fuse_notify_inval_entry_out', {
  parent: u64,
  namelen: u32,
  flags: u32,
});
