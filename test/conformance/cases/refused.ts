/** System calls that make no sense here: each is refused, or served as said. */

import { once, python, type Theme } from '../case.js';
import { NO_SHARED_MAPPING, NO_TIMES, SEEKABLE } from '../inabilities.js';

/** Calls by number and by libc, for what Python's `os` does not have. */
const LIBC = `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    """The name of the errno, or ok."""
    result = getattr(libc, name)(*args)
    return errno.errorcode[ctypes.get_errno()] if result == -1 else 'ok'
`;

export const refused: Theme = {
  name: 'other system calls',
  cases: once([
    python(
      'rename(2) is EPERM: of files, of anchors, of elements, also onto another; out of the mount it is EXDEV',
      `
chan(); os.mkdir('a'); os.mkdir('b')
for one, two in (('c/cap', 'c/cap2'), ('c/send', 'c/recv'), ('a', 'b'), ('a', 'z'), ('c', 'z'), ('a', 'b/a'), ('help', 'a/help')):
    same(code(os.rename, one, two), 'EPERM', one, two)
same(code(os.rename, 'c/cap', f'{OUT}/cap'), 'EXDEV')
open(f'{OUT}/file', 'w').close()
same(code(os.rename, f'{OUT}/file', 'file'), 'EXDEV')
same(sorted(e.name for e in os.scandir('.') if e.is_dir()), ['a', 'b', 'c'])`,
    ),
    python(
      'renameat2(2) with each of its flags is refused',
      `${LIBC}
os.mkdir('a'); os.mkdir('b')
for flags in (1, 2, 4):
    seen = call('renameat2', -100, b'a', -100, b'b' if flags == 2 else b'z', flags)
    assert seen in ('EPERM', 'EINVAL'), (flags, seen)`,
    ),
    python(
      'link(2), symlink(2) and mknod(2) are EPERM; so is the bind(2) of a socket',
      `
import socket, stat
chan()
same(code(os.link, 'c/cap', 'c/two'), 'EPERM')
same(code(os.symlink, 'help', 'two'), 'EPERM')
for kind in (stat.S_IFIFO, stat.S_IFREG, stat.S_IFSOCK): same(code(os.mknod, 'two', kind | 0o600), 'EPERM', kind)
same(code(socket.socket(socket.AF_UNIX).bind, 'two'), 'EPERM')
open(f'{OUT}/file', 'w').close()
same(code(os.link, f'{OUT}/file', 'file'), 'EXDEV')`,
    ),
    python(
      'unlink(2) is EPERM, of an anchor EISDIR; rmdir(2) of a file is ENOTDIR',
      `
chan(); os.mkdir('a')
same(code(os.unlink, 'c/cap'), 'EPERM')
same(code(os.unlink, 'a'), 'EISDIR')
same(code(os.rmdir, 'c/cap'), 'ENOTDIR')
same(code(os.rmdir, 'a'), 'ok')`,
    ),
    python(
      'chmod(2), chown(2) and utimensat(2) succeed where they change nothing, else they are EPERM',
      `
chan()
same(code(os.chmod, 'c/cap', 0o400), 'ok')
same(code(os.chmod, 'c/cap', 0o600), 'EPERM')
same(code(os.chmod, 'c/send', 0o4200), 'EPERM')
same(code(os.chown, 'c/cap', os.getuid(), -1), 'ok')
same(code(os.chown, 'c/cap', -1, os.getgid()), 'ok')
same(code(os.chown, 'c', 7, -1), 'EPERM')
same(code(os.utime, 'c/cap', None), 'ok')
seen = os.stat('help')
same(code(os.utime, 'help', ns=(seen.st_atime_ns, seen.st_mtime_ns)), 'ok')
same(code(os.utime, 'help', ns=(1, 1)), 'EPERM')
fd = os.open('c/cap', os.O_RDONLY)
same((code(os.fchmod, fd, 0o400), code(os.fchmod, fd, 0o644), code(os.fchown, fd, 1, 1)), ('ok', 'EPERM', 'EPERM'))`,
      { cannot: NO_TIMES },
    ),
    python(
      'extended attributes are EOPNOTSUPP, also to list',
      `
chan()
for path in ('c', 'c/cap', 'c/send'):
    same(code(os.setxattr, path, 'user.x', b'1'), 'ENOTSUP', path)
    same(code(os.getxattr, path, 'user.x'), 'ENOTSUP', path)
    same(code(os.removexattr, path, 'user.x'), 'ENOTSUP', path)
    same(code(os.listxattr, path), 'ENOTSUP', path)`,
    ),
    python(
      'flock(2) is the kernel’s: exclusive among the programs of this host, gone with its descriptor',
      `
chan()
one, two = os.open('c/cap', os.O_RDONLY), os.open('c/cap', os.O_RDONLY)
fcntl.flock(one, fcntl.LOCK_EX)
same(code(fcntl.flock, two, fcntl.LOCK_EX | fcntl.LOCK_NB), 'EAGAIN')
os.close(one)
same(code(fcntl.flock, two, fcntl.LOCK_EX | fcntl.LOCK_NB), 'ok')
directory = os.open('.', os.O_RDONLY)
same(code(fcntl.flock, directory, fcntl.LOCK_SH), 'ok')`,
    ),
    python(
      'locks of fcntl(2) are the kernel’s, and those of another process are seen',
      `
import struct
os.chdir(f'{ROOT}/{MEMBER}')
fd = os.open('help', os.O_RDONLY)
same(code(fcntl.lockf, fd, fcntl.LOCK_SH | fcntl.LOCK_NB), 'ok')
def other():
    mine = os.open('help', os.O_RDONLY)
    lock = struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)
    same(struct.unpack('hhqqi4x', fcntl.fcntl(mine, fcntl.F_GETLK, lock))[4], os.getppid())
same(over(start(other)), 0)
same(code(fcntl.lockf, fd, fcntl.LOCK_EX | fcntl.LOCK_NB), 'EBADF')`,
    ),
    python(
      'a private mapping of help reads it; a stream cannot be mapped, nor anything for writing',
      `${LIBC}
import mmap
chan(capacity=9)
put('c/send', 'kept')
fd = os.open('help', os.O_RDONLY)
text = os.pread(fd, 65536, 0)
with mmap.mmap(fd, len(text), mmap.MAP_PRIVATE, mmap.PROT_READ) as mapped: same(mapped[:], text)
libc.mmap.restype = ctypes.c_long
def mapped(name, flags, protection, kind):
    return call('mmap', None, ctypes.c_size_t(4096), protection, kind, os.open(name, flags), ctypes.c_long(0))
assert mapped('c/recv', os.O_RDONLY, mmap.PROT_READ, mmap.MAP_SHARED) in ('ENODEV', 'EACCES')
assert mapped('c/send', os.O_WRONLY, mmap.PROT_WRITE, mmap.MAP_SHARED) in ('ENODEV', 'EACCES')
same(get('c/recv'), b'kept')`,
    ),
    python(
      'a private mapping of a value reads it, and so does a shared one',
      `
import mmap
chan(capacity=123456)
fd = os.open('c/cap', os.O_RDONLY)
with mmap.mmap(fd, 7, mmap.MAP_PRIVATE, mmap.PROT_READ) as mapped: same(mapped[:], b'123456\\n')
same(code(lambda: mmap.mmap(fd, 7, mmap.MAP_SHARED, mmap.PROT_READ)), 'ok')
with mmap.mmap(fd, 7, mmap.MAP_SHARED, mmap.PROT_READ) as mapped: same(mapped[:], b'123456\\n')`,
      { cannot: NO_SHARED_MAPPING },
    ),
    python(
      'fallocate(2) and posix_fallocate(3) are refused',
      `${LIBC}
chan(capacity=9)
fd = os.open('c/send', os.O_WRONLY)
same(call('fallocate', fd, 0, ctypes.c_long(0), ctypes.c_long(10)), 'ENOTSUP')
same(code(os.posix_fallocate, fd, 0, 10), 'ESPIPE')
same(peek('c')['NumSend'], 0)`,
      { cannot: SEEKABLE },
    ),
    python(
      'fsync(2), fdatasync(2), syncfs(2) and posix_fadvise(2) succeed',
      `${LIBC}
chan(capacity=9)
for fd in (os.open('c/cap', os.O_RDONLY), os.open('c/send', os.O_WRONLY), os.open('.', os.O_RDONLY)):
    same((code(os.fsync, fd), code(os.fdatasync, fd), call('syncfs', fd)), ('ok', 'ok', 'ok'))
same(code(os.posix_fadvise, os.open('c/cap', os.O_RDONLY), 0, 0, os.POSIX_FADV_SEQUENTIAL), 'ok')`,
    ),
    python(
      'ioctl(2) is ENOTTY, isatty(3) is false',
      `
import termios
chan()
for fd in (os.open('c/recv', os.O_RDONLY), os.open('c/cap', os.O_RDONLY), os.open('c/send', os.O_WRONLY)):
    same(code(fcntl.ioctl, fd, termios.TCGETS, bytes(64)), 'ENOTTY')
    same(os.isatty(fd), False)`,
    ),
    python(
      'statfs(2) tells the type of FUSE, names of 255 bytes, and no blocks',
      `
seen = os.statvfs('.')
same((seen.f_namemax, seen.f_blocks, seen.f_bfree), (255, 0, 0))
assert seen.f_flag & os.ST_NOSUID and seen.f_flag & os.ST_NODEV, seen.f_flag`,
    ),
    python(
      'statx(2) has size, mode and times, and no birth',
      `
chan(capacity=9)
seen = os.stat('c/cap')
same(seen.st_size, 2)
assert seen.st_blksize >= 512 and seen.st_dev == os.stat(ROOT).st_dev
same(seen.st_mtime_ns, seen.st_ctime_ns)
assert abs(seen.st_mtime - time.time()) < 60`,
    ),
    python(
      'copy_file_range(2) to another file system is EXDEV, for cp to fall back, and copies nothing',
      `
chan(capacity=123456)
fd, out = os.open('c/cap', os.O_RDONLY), os.open(f'{OUT}/copy', os.O_RDWR | os.O_CREAT)
same(code(os.copy_file_range, fd, out, 99), 'EXDEV')
same(os.pread(out, 99, 0), b'')`,
    ),
    python(
      'sendfile(2) copies a value whole, to a pipe, a socket and a file',
      `
import socket
chan(capacity=123456)
fd = os.open('c/cap', os.O_RDONLY)
pipe, into = os.pipe()
one, two = socket.socketpair()
file = os.open(f'{OUT}/copy', os.O_RDWR | os.O_CREAT)
for out in (into, two.fileno(), file): same(os.sendfile(out, fd, 0, 99), 7)
same((os.read(pipe, 99), one.recv(99), os.pread(file, 99, 0)), (b'123456\\n',) * 3)`,
    ),
    python(
      'sendfile(2) of a stream gives nothing, as of an empty file, and loses no message',
      `
chan(capacity=9)
put('c/send', 'kept')
fd = os.open('c/recv', os.O_RDONLY)
pipe, into = os.pipe()
same(os.sendfile(into, fd, None, 99), 0)
os.close(fd)
same(get('c/recv'), b'kept')`,
    ),
    python(
      'splice(2) from a value into a pipe gives it whole, and from a pipe into send sends it',
      `
chan(capacity=9)
pipe, into = os.pipe()
fd = os.open('c/cap', os.O_RDONLY)
same(os.splice(fd, into, 99), 2)
same(os.read(pipe, 99), b'9\\n')
os.write(into, b'hello')
out = os.open('c/send', os.O_WRONLY)
same(os.splice(pipe, out, 5), 5)
os.close(out)
same(get('c/recv'), b'hello')`,
    ),
    python(
      'sendfile(2) of a file into send sends it as a message',
      `
chan(capacity=9)
open(f'{OUT}/file', 'w').write('hello')
fd, out = os.open(f'{OUT}/file', os.O_RDONLY), os.open('c/send', os.O_WRONLY)
same(os.sendfile(out, fd, 0, 5), 5)
os.close(out)
same(get('c/recv'), b'hello')`,
    ),
    python(
      'O_DIRECT reads and writes as without it',
      `
chan(capacity=9)
same(put('c/send', 'hello', os.O_WRONLY | os.O_DIRECT), 5)
same(get('c/recv', os.O_RDONLY | os.O_DIRECT), b'hello')
same(get('c/cap', os.O_RDONLY | os.O_DIRECT), b'9\\n')`,
    ),
    python(
      'a lease and a notification of fcntl(2) are the kernel’s, as for any file',
      `
chan()
fd = os.open('c/cap', os.O_RDONLY)
for lease in (fcntl.F_RDLCK, fcntl.F_UNLCK): same(code(fcntl.fcntl, fd, fcntl.F_SETLEASE, lease), 'ok')
same(get('c/cap'), b'0\\n')
signal.signal(signal.SIGIO, signal.SIG_IGN)
same(code(fcntl.fcntl, os.open('.', os.O_RDONLY), fcntl.F_NOTIFY, 1), 'ok')
assert 'c' in os.listdir('.')`,
    ),
    python(
      'execve(2) of a file in it is EACCES, and it cannot be an interpreter',
      `
chan()
for name in ('help', 'c/cap', 'c/send', 'c/recv'): same(code(os.execv, name, ['x']), 'EACCES', name)
script = f'{OUT}/script'
open(script, 'w').write(f'#!{os.getcwd()}/help\\n'); os.chmod(script, 0o755)
same(code(os.execv, script, ['x']), 'EACCES')
same(code(os.execv, '.', ['x']), 'EACCES')`,
    ),
    python(
      'mount(2) over a directory of it works, and umount(2) shows it again',
      `${LIBC}
libc.unshare(0x00020000); libc.mount(None, b'/', None, 0x4000 | 0x40000, None)
os.mkdir('a')
same(call('mount', b'tmpfs', b'a', b'tmpfs', 0, None), 'ok')
open('a/file', 'w').close()
same((os.listdir('a'), code(os.rmdir, 'a')), (['file'], 'EBUSY'))
same(call('umount2', b'a', 0), 'ok')
assert 'mkchan' in os.listdir('a')`,
    ),
    python(
      'a process may be started with a directory of it as its own, which goes away while it runs',
      `
os.mkdir('a')
def run():
    os.chdir('a')
    os.rmdir('../a')
    same(code(os.stat, 'mkchan'), 'ENOENT')
    same(code(os.mkdir, 'b'), 'ENOENT')
    same(code(os.getcwd), 'ENOENT')
same(over(start(run)), 0)
assert 'a' not in os.listdir('.')`,
    ),
  ]),
};
