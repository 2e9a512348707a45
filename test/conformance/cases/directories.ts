/** Listing, while names come and go. */
import { python, type Theme } from '../case.js';

/** getdents64(2) with a buffer of any size, as libc does not offer it. */
const GETDENTS = `
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
SYS_getdents64 = 217 if os.uname().machine == 'x86_64' else 61
def getdents(fd, size):
    """The next entries as (name, offset, type)."""
    buffer = ctypes.create_string_buffer(size)
    length = libc.syscall(SYS_getdents64, fd, buffer, size)
    if length < 0: raise OSError(ctypes.get_errno(), 'getdents64')
    entries, at = [], 0
    while at < length:
        ino, offset, reclen, kind = struct.unpack_from('=QqHB', buffer, at)
        entries.append((buffer.raw[at + 19:at + reclen].split(b'\\0')[0].decode(), offset, kind))
        at += reclen
    return entries
def listing(fd, size):
    found = []
    while more := getdents(fd, size): found += more
    return found
`;

export const directories: Theme = {
  name: 'directories',
  cases: [
    python(
      'each entry is listed once with its type, and . and .. first, whatever the size of the buffer',
      `${GETDENTS}
for i in range(60): os.mkdir(f'anchor-{i:03d}')
expected = sorted(os.listdir('.') + ['.', '..'])
for size in (64, 100, 280, 4096, 65536):
    found = listing(os.open('.', os.O_RDONLY), size)
    same(sorted(name for name, _, _ in found), expected, size)
    same([name for name, _, _ in found][:2], ['.', '..'])
    for name, _, kind in found: same(kind, 4 if name.startswith(('anchor', '.')) else 8, name)`,
      { once: true },
    ),
    python(
      'a buffer that is too small for a name is EINVAL',
      `${GETDENTS}
os.mkdir('x' * 255)
fd = os.open('.', os.O_RDONLY)
same(code(listing, fd, 200), 'EINVAL')`,
      { once: true },
    ),
    python(
      'seekdir(3) goes back to any place that telldir(3) has given, and rewinddir(3) to the beginning',
      `${GETDENTS}
for i in range(30): os.mkdir(f'anchor-{i:02d}')
fd = os.open('.', os.O_RDONLY)
names = [name for name, _, _ in listing(fd, 4096)]
os.lseek(fd, 0, os.SEEK_SET)
offsets = [offset for _, offset, _ in listing(fd, 280)]
for at in (0, 1, 2, 7, len(names) // 2, len(names) - 1):
    os.lseek(fd, offsets[at], os.SEEK_SET)
    same([name for name, _, _ in listing(fd, 280)], names[at + 1:], at)
os.lseek(fd, 0, os.SEEK_SET)
same([name for name, _, _ in listing(fd, 65536)], names)`,
      { once: true },
    ),
    python(
      'while others come and go, each name that stays is listed exactly once, and none twice',
      `${GETDENTS}
stay = {f'stay-{i:02d}' for i in range(60)}
for name in stay: os.mkdir(name)
def churn():
    for again in range(1000):
        for i in range(20): os.mkdir(f'go-{i}')
        for i in range(20): os.rmdir(f'go-{i}')
child = start(churn)
for again in range(12):
    names = [name for name, _, _ in listing(os.open('.', os.O_RDONLY), 300)]
    same(len(names), len(set(names)))
    same(stay - set(names), set())
os.kill(child, signal.SIGKILL); over(child)`,
    ),
    python(
      'what is made or removed is seen at once: by stat(2), by a new listing, and by one that is rewound',
      `
fd = os.open('.', os.O_RDONLY)
for i in range(10):
    name = f'n{i}'
    same(code(os.stat, name), 'ENOENT')
    os.mkdir(name)
    assert name in os.listdir('.') and name in os.listdir(fd) and os.path.isdir(name)
    os.rmdir(name)
    assert name not in os.listdir('.') and name not in os.listdir(fd) and not os.path.exists(name)`,
    ),
    python(
      'an anchor that becomes an element has other files at once, also in a listing',
      `
for i in range(5):
    os.mkdir('a')
    assert 'mkchan' in os.listdir('a') and os.path.exists('a/mkchan') and not os.path.exists('a/send')
    put('a/mkchan', '1\\n')
    assert 'mkchan' not in os.listdir('a') and os.path.exists('a/send') and not os.path.exists('a/mkchan')
    put('a/scrub', '\\n')
    assert 'mkchan' in os.listdir('a') and not os.path.exists('a/send')
    os.rmdir('a')`,
    ),
    python(
      'the time of a directory moves when its names change, and stands still when they do not',
      `
os.mkdir('a')
before = os.stat('.').st_mtime_ns
os.listdir('.'); os.stat('a')
same(os.stat('.').st_mtime_ns, before)
os.mkdir('b')
assert os.stat('.').st_mtime_ns > before
before = os.stat('.').st_mtime_ns
os.rmdir('b')
assert os.stat('.').st_mtime_ns > before`,
      { once: true },
    ),
    python(
      'anchors are nested, walked, and removed from below',
      `
os.makedirs('/'.join('d' * 8))
same(sum(1 for _ in os.walk('.')), 9)
for root, _, _ in os.walk('.', topdown=False):
    if root != '.': os.rmdir(root)
same([e.name for e in os.scandir('.') if e.is_dir()], [])`,
      { once: true },
    ),
    python(
      'two programs that make the same anchor: one does, the other has EEXIST',
      `
for i in range(10):
    told, tell = os.pipe()
    children = [start(lambda: os.write(tell, code(os.mkdir, f'a{i}').encode() + b' ')) for _ in range(2)]
    for child in children: same(over(child), 0)
    os.close(tell)
    same(sorted(rest(told).split()), [b'EEXIST', b'ok'])`,
    ),
    python(
      'a file and a directory keep their inode numbers as long as they are looked at',
      `
os.mkdir('a')
numbers = [os.stat(name).st_ino for name in ('a', 'help', '.')]
os.listdir('.')
same([os.stat(name).st_ino for name in ('a', 'help', '.')], numbers)
same(len(set(numbers)), 3)
assert os.path.samefile('a', 'a/../a') and not os.path.samefile('a', '.')`,
      { once: true },
    ),
    python(
      'members that come are listed, and those that go are not',
      `
import subprocess
before = {name for name in os.listdir(ROOT) if name.startswith('X')}
assert len(before) >= 2
addr = get(f'{ROOT}/.self/addr').decode().strip()
new = subprocess.Popen([os.environ['NODE'], os.environ['CIRCUIT'], 'start', '--no-mount', '-a', '127.0.0.1:0', '-j', addr],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
new.stdout.readline()
came, = until(lambda: {name for name in os.listdir(ROOT) if name.startswith('X')} - before)
assert os.path.exists(f'{ROOT}/{came}/peek')
new.terminate(); new.wait()
until(lambda: came not in os.listdir(ROOT))
until(lambda: code(os.stat, f'{ROOT}/{came}') == 'ENOENT')`,
      { once: true },
    ),
    python(
      'the symbolic links .self and .hosts lead to members',
      `
self = os.readlink(f'{ROOT}/.self')
assert self in os.listdir(ROOT)
assert os.path.samefile(f'{ROOT}/.self', f'{ROOT}/{self}')
links = os.listdir(f'{ROOT}/.hosts')
assert links
for name in links:
    # A member may have gone meanwhile.
    try: assert os.readlink(f'{ROOT}/.hosts/{name}').startswith('../X'), name
    except FileNotFoundError: pass
same(os.path.realpath(f'{ROOT}/.self/help'), f'{ROOT}/{self}/help')
same(os.lstat(f'{ROOT}/.self').st_mode, 0o120777)`,
      { once: true },
    ),
  ],
};
