/** Each errno of docs/files.md, and those that paths have anywhere. */

import { type Case, python, type Theme } from '../case.js';
import { NO_ABANDON } from '../inabilities.js';

/** A call that fails with an errno, after which `error` beside it says this. */
function fails(name: string, setUp: string, call: string, errno: string, sentence = ''): Case {
  const told = sentence === '' ? '' : `assert ${JSON.stringify(sentence)} in said, said`;
  return python(
    `${errno}: ${name}`,
    `
${setUp}
same(code(${call}), ${JSON.stringify(errno)})
said = get('error').decode()
${told}`,
  );
}

export const errnos: Theme = {
  name: 'errors',
  cases: [
    fails('no such anchor', '', `os.stat, 'none/mkchan'`, 'ENOENT'),
    fails('no such member', '', `os.listdir, f'{ROOT}/X0123456789abcdef'`, 'ENOENT'),
    fails(
      'no such program',
      '',
      `put, 'mkproc', '{"Path":"/no/such"}'`,
      'ENOENT',
      'no program "/no/such"',
    ),
    fails('a program that may not be run', '', `put, 'mkproc', '{"Path":"/etc/passwd"}'`, 'EACCES'),
    fails(
      'a second element',
      `fd = os.open('mkchan', os.O_WRONLY); put('mkchan', '1')`,
      `os.write, fd, b'1\\n'`,
      'EEXIST',
      'has a channel already',
    ),
    fails('an anchor that is there', `os.mkdir('a')`, `os.mkdir, 'a'`, 'EEXIST'),
    fails('rmdir of an element that lives', `chan('c', 1)`, `os.rmdir, 'c'`, 'EBUSY', 'chan'),
    fails(
      'rmdir of an anchor with sub-anchors',
      `os.makedirs('a/b')`,
      `os.rmdir, 'a'`,
      'ENOTEMPTY',
    ),
    fails('a capacity that is none', '', `put, 'mkchan', 'x\\n'`, 'EINVAL', 'capacity'),
    fails('JSON that is wrong', '', `put, 'mkproc', '{"Path":"ls","Argv":[]}'`, 'EINVAL', '"Argv"'),
    python(
      'EINVAL: JSON that is incomplete, at close',
      `
fd = os.open('mkproc', os.O_WRONLY)
same(os.write(fd, b'{"Path":'), 8)
same(code(os.close, fd), 'EINVAL')
assert b'not JSON' in get('error')`,
    ),
    python(
      'EINVAL: a command that is not UTF-8, or has more than 1 MiB',
      `
same(code(put, 'mkchan', b'\\xff\\n'), 'EINVAL')
def write_all(data):
    fd = os.open('mkchan', os.O_WRONLY)
    try:
        while data: data = data[os.write(fd, data):]
    finally: os.close(fd)
same(code(write_all, b'1' * (1 << 20) + b'1\\n'), 'EINVAL')
same('kind' in os.listdir('.'), False)`,
    ),
    python(
      'EINVAL and ESRCH: a signal that there is not, and one to a process that has ended',
      `
proc('p', 'cat')
same(code(put, 'p/signal', 'NOSUCH\\n'), 'EINVAL')
same(put('p/signal', 'KILL\\n'), 5)
get('p/wait')
same(code(put, 'p/signal', 'KILL\\n'), 'ESRCH')`,
    ),
    python(
      'EPIPE: a channel that is closed, a process that has ended; no SIGPIPE comes with it',
      `
chan()
put('c/close', '\\n')
same(code(put, 'c/send', 'x'), 'EPIPE')
proc('p', 'true')
get('p/wait')
same(code(put, 'p/stdin', 'x'), 'EPIPE')
def not_killed():
    # The kernel sends it for pipes and sockets only.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for path in ('c/send', 'p/stdin'): same(code(os.write, os.open(path, os.O_WRONLY), b'x'), 'EPIPE', path)
same(over(start(not_killed)), 0)`,
    ),
    python(
      'ENODATA: a channel that is closed and drained',
      `
chan(capacity=1)
put('c/send', 'last'); put('c/close', '\\n')
same(get('c/recv'), b'last')
same(code(get, 'c/recv'), 'ENODATA')
same(code(get, 'c/tryrecv'), 'ENODATA')`,
    ),
    python(
      'EIO: a sender that is killed in the middle',
      `
chan()
def send():
    fd = os.open('c/send', os.O_WRONLY)
    os.write(fd, b'part')
    signal.pause()
sender = start(send)
fd = os.open('c/recv', os.O_RDONLY)
same(os.read(fd, 9), b'part')
os.kill(sender, signal.SIGKILL); over(sender)
same(code(os.read, fd, 9), 'EIO')`,
      { cannot: NO_ABANDON },
    ),
    fails(
      'nobody listens there',
      `os.chdir(f'{ROOT}/{MEMBER}')`,
      `put, 'join', 'circuit://127.0.0.1:9/1/Q' + '0' * 32 + '\\n'`,
      'ECONNREFUSED',
    ),
    fails(
      'what is no address',
      `os.chdir(f'{ROOT}/{MEMBER}')`,
      `put, 'join', 'circuit://x\\n'`,
      'EINVAL',
    ),
    python(
      'EACCES: another secret',
      `
os.chdir(f'{ROOT}/{MEMBER}')
other, = (name for name in os.listdir(ROOT) if name.startswith('X') and name != MEMBER)
addr = get(f'../{other}/addr').decode().strip()
same(code(put, 'join', addr[:-32] + '0' * 32 + '\\n'), 'EACCES')`,
    ),
    python(
      'EPERM: members are not made and not removed, nor files in a member',
      `
same(code(os.mkdir, f'{ROOT}/new'), 'EPERM')
same(code(os.rmdir, f'{ROOT}/{MEMBER}'), 'EPERM')
same(code(os.rmdir, f'{ROOT}/.hosts'), 'EPERM')
same(code(os.mkdir, f'{ROOT}/.hosts/new'), 'EPERM')
same(code(os.unlink, f'{ROOT}/.self'), 'EPERM')
same(code(put, f'{ROOT}/{MEMBER}/mkchan', '1\\n'), 'EPERM')`,
    ),
    python(
      'ENAMETOOLONG, ENOTDIR, ELOOP, ENOENT: what paths are anywhere',
      `
same(code(os.mkdir, 'x' * 256), 'ENAMETOOLONG')
same(code(os.stat, 'x' * 256), 'ENAMETOOLONG')
same(code(os.stat, 'x/' * 2100), 'ENAMETOOLONG')
same(code(os.stat, 'help/x'), 'ENOTDIR')
same(code(os.rmdir, 'help'), 'ENOTDIR')
same(code(os.rmdir, 'none'), 'ENOENT')
same(code(os.stat, ''), 'ENOENT')
same(code(os.listdir, 'help'), 'ENOTDIR')
same(code(os.rmdir, '.'), 'EINVAL')`,
      { once: true },
    ),
    python(
      'a name is any UTF-8 of at most 255 bytes; one that is not UTF-8 does not exist, and is EINVAL to make',
      `
for name in ('ä' * 127, 'x' * 255, ' ', 'new\\nline', '-rf', '\\u202e', '日本', '*', '"', '\\\\', '#'):
    os.mkdir(name)
    assert name in os.listdir('.'), name
    os.mkdir(f'{name}/in')
    os.rmdir(f'{name}/in'); os.rmdir(name)
same(code(os.stat, b'\\xff'), 'ENOENT')
same(code(os.mkdir, b'\\xff'), 'EINVAL')`,
    ),
    python(
      'EFAULT: a buffer that is not there',
      `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
chan(capacity=9)
put('c/send', 'kept')
fd = os.open('c/cap', os.O_RDONLY)
same((libc.read(fd, ctypes.c_void_p(8), 2), errno.errorcode[ctypes.get_errno()]), (-1, 'EFAULT'))
out = os.open('c/send', os.O_WRONLY)
same((libc.write(out, ctypes.c_void_p(8), 2), errno.errorcode[ctypes.get_errno()]), (-1, 'EFAULT'))
same(get('c/recv'), b'kept')`,
      { once: true },
    ),
    python(
      'EFAULT loses no message: a reader without a buffer leaves it to the next',
      `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
chan(capacity=9)
put('c/send', 'kept')
fd = os.open('c/recv', os.O_RDONLY)
same(libc.read(fd, ctypes.c_void_p(8), 4), -1)
os.close(fd)
same(get('c/recv'), b'kept')`,
    ),
    python(
      'EBADF: a descriptor that is open for the other direction',
      `
chan(capacity=9)
same(code(os.write, os.open('c/recv', os.O_RDONLY), b'x'), 'EBADF')
same(code(os.read, os.open('c/send', os.O_WRONLY), 1), 'EBADF')`,
      { once: true },
    ),
  ],
};
