/** Constants of include/uapi/linux/fuse.h (7.45). They keep their names, without the prefix. */

/** The version that we speak. With a kernel of a lower minor version we speak that one. */
export const KERNEL_VERSION = 7;
export const KERNEL_MINOR_VERSION = 40;
/** The oldest version that we speak: Linux 5.4. */
export const OLDEST_MINOR_VERSION = 31;

/** The node id of the root. */
export const ROOT_ID = 1;

/** The inode number of a directory entry whose node has no id yet (fs/fuse/fuse_i.h, FUSE_UNKNOWN_INO in libfuse). */
export const UNKNOWN_INO = 0xffffffff;

/** The requests that have a row in the table of operations (mount/operations/table.ts). */
export const Opcode = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  POLL: 40,
  BATCH_FORGET: 42,
  READDIRPLUS: 44,
  RENAME2: 45,
} as const;

export const NotifyCode = {
  POLL: 1,
  INVAL_INODE: 2,
  INVAL_ENTRY: 3,
} as const;

/**
 * The INIT flags below bit 32 (`flags`) that we ask for.
 *
 * - ATOMIC_O_TRUNC spares `echo >` a SETATTR.
 * - AUTO_INVAL_DATA makes a directory's mtime decide whether its cached entries still hold.
 * - NO_OPENDIR_SUPPORT makes the kernel cache every directory when OPENDIR is answered ENOSYS.
 * - CACHE_SYMLINKS is left out: the kernel would keep a target as long as the inode, whatever the
 *   attributes say (fs/fuse/inode.c, fuse_change_attributes).
 */
export const InitFlags = {
  ASYNC_READ: 1 << 0,
  ATOMIC_O_TRUNC: 1 << 3,
  BIG_WRITES: 1 << 5,
  AUTO_INVAL_DATA: 1 << 12,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  PARALLEL_DIROPS: 1 << 18,
  MAX_PAGES: 1 << 22,
  NO_OPENDIR_SUPPORT: 1 << 24,
  INIT_EXT: 1 << 30,
} as const;

/** The INIT flag from bit 32 on (`flags2`, valid if INIT_EXT is set) that we ask for. */
export const HAS_EXPIRE_ONLY = 1 << (35 - 32);

/** Flags of the reply to OPEN. */
export const OpenFlags = {
  DIRECT_IO: 1 << 0,
  KEEP_CACHE: 1 << 1,
  NONSEEKABLE: 1 << 2,
  STREAM: 1 << 4,
  NOFLUSH: 1 << 5,
} as const;

/** `valid` of SETATTR. */
export const SetattrValid = {
  MODE: 1 << 0,
  UID: 1 << 1,
  GID: 1 << 2,
  SIZE: 1 << 3,
  ATIME: 1 << 4,
  MTIME: 1 << 5,
  ATIME_NOW: 1 << 7,
  MTIME_NOW: 1 << 8,
} as const;

export const POLL_SCHEDULE_NOTIFY = 1 << 0;

/** Flag of NOTIFY_INVAL_ENTRY: the kernel asks again at the next use, but keeps the dentry (7.38). */
export const EXPIRE_ONLY = 1 << 0;

/** asm-generic/fcntl.h. */
export const O_ACCMODE = 0o3;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;

/** File types of `st_mode` (linux/stat.h). Shifted right by 12 they are the types of a dirent. */
export const FileType = { directory: 0o040000, file: 0o100000, symlink: 0o120000 } as const;
