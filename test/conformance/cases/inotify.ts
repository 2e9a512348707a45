/** inotify(7): the kernel tells of what programs of this host do through the mount, and of nothing else. */
import { once, python, type Theme } from '../case.js';

const WATCH = `
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
NAMES = {1: 'ACCESS', 2: 'MODIFY', 4: 'ATTRIB', 8: 'CLOSE_WRITE', 0x10: 'CLOSE_NOWRITE', 0x20: 'OPEN', 0x100: 'CREATE', 0x200: 'DELETE', 0x400: 'DELETE_SELF'}
def watch(path):
    fd = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(fd, path.encode(), 0xfff) >= 0, path
    return fd
def events(fd):
    try: data = os.read(fd, 65536)
    except BlockingIOError: return []
    found, at = [], 0
    while at < len(data):
        _, mask, _, length = struct.unpack_from('iIII', data, at)
        name = data[at + 16:at + 16 + length].rstrip(b'\\0').decode()
        found.append(' '.join([*(text for bit, text in NAMES.items() if mask & bit), name]).strip())
        at += 16 + length
    return found
def clear(fd):
    while events(fd): pass
`;

export const inotify: Theme = {
  name: 'inotify',
  cases: once([
    python(
      'opening, writing and closing through the mount are told, by its directory too',
      `${WATCH}
chan(capacity=9)
fd = watch('c/send'); around = watch('c')
put('c/send', 'hello', os.O_WRONLY)
same(events(fd), ['OPEN', 'MODIFY', 'CLOSE_WRITE'])
same([e for e in events(around) if e.endswith('send')], ['OPEN send', 'MODIFY send', 'CLOSE_WRITE send'])
clear(around)
same(get('c/recv'), b'hello')
seen = events(around)
same((seen[0], seen[-1]), ('OPEN recv', 'CLOSE_NOWRITE recv'))
assert 'ACCESS recv' in seen, seen`,
    ),
    python(
      'mkdir(2) and rmdir(2) through the mount are told to those who watch the directory',
      `${WATCH}
fd = watch('.')
os.mkdir('new')
assert 'CREATE new' in events(fd)
os.rmdir('new')
assert 'DELETE new' in events(fd)`,
    ),
    python(
      'an anchor that the command line makes is not told; a listing shows it',
      `${WATCH}
import subprocess
fd = watch('.')
run = lambda *args: subprocess.run([os.environ['NODE'], os.environ['CIRCUIT'], *args], check=True, capture_output=True)
addr = get(f'{ROOT}/.self/addr').decode().strip()
name = f'/{MEMBER}/{os.path.basename(os.getcwd())}/new'
run('mkdir', '-d', addr, name)
assert 'new' in os.listdir('.')
same([e for e in events(fd) if 'CREATE' in e], [])`,
    ),
    python(
      'a value that changes by itself is not told, nor a message that arrives: poll(2) is for that',
      `${WATCH}
chan(capacity=9)
value, stream = watch('c/peek'), watch('c/recv')
put('c/send', 'hello')
same(peek('c')['NumSend'], 1)
same([e for e in events(value) if 'MODIFY' in e or 'ATTRIB' in e], [])
same([e for e in events(stream) if 'MODIFY' in e], [])`,
    ),
    python(
      'the log grows without an event: tail -f must look by itself',
      `${WATCH}
fd = watch(f'{ROOT}/{MEMBER}/log')
before = os.stat(f'{ROOT}/{MEMBER}/log').st_size
os.mkdir('logged')
until(lambda: os.stat(f'{ROOT}/{MEMBER}/log').st_size > before)
same([e for e in events(fd) if 'MODIFY' in e], [])`,
    ),
  ]),
};
