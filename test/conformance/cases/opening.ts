/** These are open(2) with its flags, truncate(2), and the positions in a file. */

import { python, type Theme } from '../case.js';
import { SEEKABLE } from '../inabilities.js';

export const opening: Theme = {
  name: 'opening, truncation, positions',
  cases: [
    python(
      'O_CREAT, O_TRUNC and O_APPEND are accepted where a file can be written, as shells ask for them',
      `
chan(capacity=9)
for flags in (0, os.O_CREAT, os.O_TRUNC, os.O_CREAT | os.O_TRUNC, os.O_APPEND, os.O_CREAT | os.O_APPEND):
    same(put('c/send', 'x', os.O_WRONLY | flags), 1)
    same(get('c/recv'), b'x', flags)
    put('c/close', '', os.O_WRONLY | flags)
same(peek('c')['Closed'], False)`,
      { once: true },
    ),
    python(
      'truncation to any length of a file that can be written does nothing, of another it is EACCES',
      `
chan(capacity=9)
put('c/send', 'kept')
for length in (0, 5):
    os.truncate('c/send', length)
    same(code(os.truncate, 'c/recv', length), 'EACCES')
    same(code(os.truncate, 'c/cap', length), 'EACCES')
fd = os.open('c/send', os.O_WRONLY)
os.ftruncate(fd, 0)
os.ftruncate(fd, 3)
os.close(fd)
# POSIX leaves open what this one does.
code(os.open, 'c/cap', os.O_RDONLY | os.O_TRUNC)
same(code(os.truncate, '.', 0), 'EISDIR')
same((get('c/recv'), get('c/cap')), (b'kept', b'9\\n'))`,
    ),
    python(
      'a directory cannot be opened for writing; O_DIRECTORY, O_NOFOLLOW and O_EXCL do their work',
      `
same(code(os.open, '.', os.O_WRONLY), 'EISDIR')
same(code(os.open, '.', os.O_RDWR | os.O_DIRECTORY), 'EISDIR')
same(code(os.open, 'help', os.O_RDONLY | os.O_DIRECTORY), 'ENOTDIR')
same(code(os.open, f'{ROOT}/.self', os.O_RDONLY | os.O_NOFOLLOW), 'ELOOP')
same(code(os.open, 'help', os.O_RDONLY | os.O_NOFOLLOW), 'ok')
same(code(os.open, 'mkchan', os.O_WRONLY | os.O_CREAT | os.O_EXCL), 'EEXIST')
same(code(os.read, os.open('.', os.O_RDONLY), 1), 'EISDIR')`,
      { once: true },
    ),
    python(
      'no new file: O_CREAT of a name that is not there is EPERM, without it ENOENT; O_TMPFILE is refused',
      `
same(code(os.open, 'typo', os.O_WRONLY), 'ENOENT')
same(code(os.open, 'typo', os.O_WRONLY | os.O_CREAT, 0o600), 'EPERM')
same(code(os.open, 'typo', os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'EPERM')
same(code(os.open, 'no/typo', os.O_WRONLY | os.O_CREAT, 0o600), 'ENOENT')
same(code(os.open, '.', os.O_RDWR | os.O_TMPFILE, 0o600), 'ENOTSUP')
same(code(os.stat, 'typo'), 'ENOENT')`,
      { once: true },
    ),
    python(
      'a stream has no position: lseek(2), pread(2) and pwrite(2) are ESPIPE',
      `
chan(capacity=9)
put('c/send', 'hello')
fd = os.open('c/recv', os.O_RDONLY)
for whence in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END): same(code(os.lseek, fd, 0, whence), 'ESPIPE')
same(code(os.pread, fd, 1, 0), 'ESPIPE')
same(code(os.preadv, fd, [bytearray(1)], 1), 'ESPIPE')
same(os.read(fd, 2) + rest(fd), b'hello')
out = os.open('c/send', os.O_WRONLY)
same(code(os.lseek, out, 0, os.SEEK_END), 'ESPIPE')
same(code(os.pwrite, out, b'x', 5), 'ESPIPE')
proc('p', 'cat')
for name, flags in (('stdin', os.O_WRONLY), ('stdout', os.O_RDONLY), ('stderr', os.O_RDONLY), ('wait', os.O_RDONLY)):
    same(code(os.lseek, os.open(f'p/{name}', flags), 0, os.SEEK_SET), 'ESPIPE', name)`,
      { cannot: SEEKABLE },
    ),
    python(
      'a value has positions: lseek(2) from all ends, pread(2), and nothing beyond its end',
      `
chan(capacity=123456)
fd = os.open('c/cap', os.O_RDONLY)
same(os.lseek(fd, 0, os.SEEK_END), 7)
same(os.read(fd, 1), b'')
same(os.lseek(fd, 2, os.SEEK_SET), 2)
same((os.read(fd, 2), os.lseek(fd, 0, os.SEEK_CUR)), (b'34', 4))
same(os.lseek(fd, -1, os.SEEK_CUR), 3)
same(os.lseek(fd, -3, os.SEEK_END), 4)
same(code(os.lseek, fd, -1, os.SEEK_SET), 'EINVAL')
same(os.lseek(fd, 1 << 40, os.SEEK_SET), 1 << 40)
same(os.read(fd, 1), b'')
same((os.pread(fd, 3, 1), os.pread(fd, 99, 5), os.pread(fd, 9, 7), os.pread(fd, 9, 1 << 62)), (b'234', b'6\\n', b'', b''))
buffers = [bytearray(2), bytearray(3), bytearray(9)]
same((os.preadv(fd, buffers, 0), bytes(buffers[1])), (7, b'345'))`,
    ),
    python(
      'SEEK_DATA and SEEK_HOLE see one piece of data in a value',
      `
chan(capacity=123456)
fd = os.open('c/cap', os.O_RDONLY)
same((os.lseek(fd, 3, os.SEEK_DATA), os.lseek(fd, 3, os.SEEK_HOLE)), (3, 7))
same(code(os.lseek, fd, 7, os.SEEK_DATA), 'ENXIO')`,
      { once: true },
    ),
    python(
      'what is open of a value stays what it was, read in pieces, from descriptors that are one, and by two that are not',
      `
chan(capacity=9)
first, second = os.open('c/peek', os.O_RDONLY), os.dup(os.open('c/peek', os.O_RDONLY))
before = os.read(first, 5)
put('c/send', 'x')
text = before + rest(first)
same(json.loads(text)['NumSend'], 0)
same(os.fstat(first).st_size, len(text))
same(json.loads(rest(second))['NumSend'], 0)
same(peek('c')['NumSend'], 1)`,
    ),
    python(
      'a log is read from any position, grows, and ends where its size says or later',
      `
os.chdir(f'{ROOT}/{MEMBER}')
fd = os.open('log', os.O_RDONLY)
text = rest(fd)
assert os.fstat(fd).st_size >= len(text) > 100
same(os.pread(fd, 20, 10), text[10:30])
same(os.lseek(fd, 5, os.SEEK_SET), 5)
same(os.read(fd, 10), text[5:15])
os.lseek(fd, len(text), os.SEEK_SET)
os.mkdir('logged-once'); os.rmdir('logged-once')
until(lambda: b'rmdir' in os.pread(fd, 65536, len(text)))
assert b'mkdir' in rest(fd)`,
    ),
    python(
      'a write of no bytes sends nothing, and a command that is appended to runs once',
      `
chan(capacity=9)
fd = os.open('c/send', os.O_WRONLY)
same(os.write(fd, b''), 0)
os.close(fd)
same(peek('c')['NumSend'], 0)
os.mkdir('d')
fd = os.open('d/mkchan', os.O_WRONLY | os.O_APPEND)
same((os.write(fd, b'1'), os.write(fd, b'2')), (1, 1))
same(os.path.exists('d/cap'), False)
same(os.write(fd, b'\\n'), 1)
same(get('d/cap'), b'12\\n')
os.close(fd)
same(get('d/cap'), b'12\\n')`,
    ),
    python(
      'readv(2) and writev(2) move the bytes of a message in order',
      `
chan(capacity=9)
fd = os.open('c/send', os.O_WRONLY)
same(os.writev(fd, [b'one ', b'', b'two ', b'three']), 13)
os.close(fd)
fd = os.open('c/recv', os.O_RDONLY)
buffers = [bytearray(3), bytearray(100)]
same((os.readv(fd, buffers), bytes(buffers[1][:10])), (13, b' two three'))
same(os.read(fd, 1), b'')`,
      { once: true },
    ),
    python(
      'a descriptor outlives the element: what is open of it ends with an error, not with a hang',
      `
chan()
os.mkdir('d'); put('d/mkchan', '9'); put('d/send', 'lost')
waiting, out = os.open('c/recv', os.O_RDONLY), os.open('c/send', os.O_WRONLY)
value, command = os.open('c/cap', os.O_RDONLY), os.open('c/close', os.O_WRONLY)
put('c/scrub', '\\n')
same(code(os.read, waiting, 1), 'ENODATA')
same(code(os.write, out, b'x'), 'EPIPE')
same(os.read(value, 9), b'0\\n')
same(code(os.write, command, b'\\n'), 'ENOENT')
assert 'mkchan' in os.listdir('c') and 'recv' not in os.listdir('c')`,
    ),
    python(
      'a descriptor that another program inherits, or is handed through a socket, reads on',
      `
import array, socket
chan(capacity=9)
put('c/send', 'hello'); put('c/send', 'again')
fd = os.open('c/recv', os.O_RDONLY)
same(os.read(fd, 2), b'he')
same(over(start(lambda: same(os.read(fd, 2), b'll'))), 0)
same(rest(fd), b'o')
one, two = socket.socketpair()
socket.send_fds(one, [b'x'], [os.open('c/recv', os.O_RDONLY)])
same(rest(socket.recv_fds(two, 1, 1)[1][0]), b'again')`,
    ),
    python(
      'a file is opened anew through /proc/self/fd and O_PATH',
      `
chan(capacity=9)
put('c/send', 'hello')
path = os.open('c/recv', os.O_PATH)
same(get(f'/proc/self/fd/{path}'), b'hello')
same(os.readlink(f'/proc/self/fd/{path}'), os.path.realpath('c/recv'))
same(code(os.read, path, 1), 'EBADF')`,
      { once: true },
    ),
    python(
      'openat(2) works from a directory that is open, also after chdir',
      `
chan(capacity=9)
directory = os.open('c', os.O_RDONLY | os.O_DIRECTORY)
os.chdir('/')
fd = os.open('cap', os.O_RDONLY, dir_fd=directory)
same(os.read(fd, 9), b'9\\n')
same(os.stat('cap', dir_fd=directory).st_size, 2)
os.fchdir(directory)
same(get('cap'), b'9\\n')`,
      { once: true },
    ),
  ],
};
