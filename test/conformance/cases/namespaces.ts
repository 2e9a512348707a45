/** The mount seen from elsewhere: other names for it, namespaces, chroot, other users. */

import { NOBODY } from '../../host/cluster.js';
import { type Case, once, python, type Theme } from '../case.js';

/** Mounts as root in a mount namespace of its own, which ends with the program. */
const MOUNTS = `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
BIND, REC, PRIVATE, REMOUNT, RDONLY, NEWNS, NEWUSER, NEWPID = 0x1000, 0x4000, 0x40000, 0x20, 1, 0x20000, 0x10000000, 0x20000000
def check(name, *args):
    if getattr(libc, name)(*args) == -1: raise OSError(ctypes.get_errno(), name)
def mount(source, target, kind=None, flags=0): check('mount', source.encode(), target.encode(), kind, flags, None)
def own_namespace():
    check('unshare', NEWNS)
    check('mount', None, b'/', None, REC | PRIVATE, None)
os.mkdir(f'{OUT}/there')
THERE = f'{OUT}/there'
`;

/** A channel takes and gives a message at another path, and a reader there waits for one sent here. */
const WORKS_THERE = `
def works(there):
    put(f'{there}/c/send', 'hello')
    same(get('c/recv'), b'hello')
    pid, out = reader(f'{there}/c/recv')
    waits(pid)
    put('c/send', 'again')
    same((rest(out), over(pid)), (b'again', 0))
    os.mkdir(f'{there}/made'); assert os.path.isdir('made'); os.rmdir('made')
    assert not os.path.exists(f'{there}/made')
`;

const users: readonly Case[] = [
  python(
    'without --allow-other another user is refused, also root of another user namespace',
    `
same(os.getuid(), 0)
def other():
    os.setgid(${NOBODY}); os.setuid(${NOBODY})
    for path in (ROOT, f'{ROOT}/.help'): same(code(os.stat, path), 'EACCES')
    same(code(os.listdir, ROOT), 'EACCES')
same(over(start(other)), 0)`,
    { once: true },
  ),
  {
    name: 'with --allow-other another user lists and reads help, and the modes keep them from the rest',
    once: true,
    run: async ({ scene, python: run }) => {
      const { mountpoint } = await scene.forOthers;
      const { status, printed } = await run(
        `
os.chdir(f'${mountpoint}/.self'); os.mkdir('a')
def other():
    os.setgid(${NOBODY}); os.setuid(${NOBODY})
    assert 'help' in os.listdir('.') and len(get('help')) > 100
    for name in ('addr', 'peek', 'log', 'error'): same(code(os.open, name, os.O_RDONLY), 'EACCES', name)
    for name in ('join', 'shutdown', 'a/mkchan'): same(code(os.open, name, os.O_WRONLY), 'EACCES', name)
    same((os.access('addr', os.R_OK), os.access('help', os.R_OK)), (False, True))
    same((code(os.mkdir, 'b'), code(os.rmdir, 'a'), code(os.chmod, 'a', 0o755)), ('EACCES', 'EACCES', 'EPERM'))
    same(os.stat('addr').st_uid, 0)
same(over(start(other)), 0)
same(code(os.chmod, 'a', 0o700), 'EPERM')
os.rmdir('a')`,
        { cwd: '/' },
      );
      if (status !== 0) throw new Error(printed);
    },
  },
  python(
    'a program that gives up its rights keeps what it has open',
    `
chan(capacity=9)
put('c/send', 'hello')
fd, out = os.open('c/recv', os.O_RDONLY), os.open('c/send', os.O_WRONLY)
def other():
    os.setgid(${NOBODY}); os.setuid(${NOBODY})
    same(rest(fd), b'hello')
    same(os.write(out, b'again'), 5)
same(over(start(other)), 0)
os.close(out)
same(get('c/recv'), b'again')`,
  ),
];

export const namespaces: Theme = {
  name: 'namespaces and users',
  cases: once([
    python(
      'a bind mount shows the same files, and readers there and here meet',
      `${MOUNTS}${WORKS_THERE}
own_namespace()
chan(capacity=1)
mount(os.getcwd(), THERE, None, BIND)
works(THERE)
same(os.stat(THERE).st_ino, os.stat('.').st_ino)
same(code(os.rename, f'{THERE}/c', 'd'), 'EXDEV')`,
    ),
    python(
      'a bind mount of one file is that file',
      `${MOUNTS}
own_namespace()
chan(capacity=9)
open(f'{OUT}/cap', 'w').close()
mount('c/cap', f'{OUT}/cap', None, BIND)
same(open(f'{OUT}/cap').read(), '9\\n')`,
    ),
    python(
      'a bind mount that is read-only refuses writes with EROFS, and reads on',
      `${MOUNTS}
own_namespace()
chan(capacity=9)
put('c/send', 'hello')
mount(os.getcwd(), THERE, None, BIND)
check('mount', None, THERE.encode(), None, REMOUNT | BIND | RDONLY, None)
same(code(os.open, f'{THERE}/c/send', os.O_WRONLY), 'EROFS')
same(code(os.mkdir, f'{THERE}/x'), 'EROFS')
same(get(f'{THERE}/c/recv'), b'hello')`,
    ),
    python(
      'a private mount namespace works on when the mount is taken away in it, and out of it nothing changes',
      `${MOUNTS}
chan(capacity=9)
def other():
    own_namespace()
    put('c/send', 'hello')
    os.chdir('/')
    check('umount2', ROOT.encode(), 2)
    same(os.listdir(ROOT), [])
same(over(start(other)), 0)
same(get('c/recv'), b'hello')`,
    ),
    python(
      'a chroot into it, and one in which it is',
      `${MOUNTS}
chan(capacity=9)
def inside():
    os.chroot(ROOT); os.chdir('/')
    assert MEMBER in os.listdir('/') and os.readlink('/.self') in os.listdir('/')
    same(code(os.stat, '/etc'), 'ENOENT')
same(over(start(inside)), 0)
def around():
    own_namespace()
    os.mkdir(f'{THERE}/circuit')
    mount(ROOT, f'{THERE}/circuit', None, BIND)
    name = os.path.basename(os.getcwd())
    os.chroot(THERE); os.chdir(f'/circuit/{MEMBER}/{name}')
    put('c/send', 'hello')
    same(os.getcwd(), f'/circuit/{MEMBER}/{name}')
same(over(start(around)), 0)
same(get('c/recv'), b'hello')`,
    ),
    python(
      'a program of another pid namespace works; the log cannot tell who it is',
      `${MOUNTS}
chan(capacity=9)
def other():
    check('unshare', NEWPID)
    same(over(start(lambda: put('c/send', 'hello'))), 0)
same(over(start(other)), 0)
same(get('c/recv'), b'hello')`,
    ),
    python(
      'root of another user namespace of the same user may come in',
      `${MOUNTS}
chan(capacity=9)
def other():
    check('unshare', NEWUSER)
    same(code(os.stat, 'c/cap'), 'ok')
same(over(start(other)), 0)`,
    ),
    python(
      'an overlay with it below shows it',
      `${MOUNTS}
own_namespace()
mount('tmpfs', OUT, b'tmpfs')
for name in ('up', 'work', 'there'): os.mkdir(f'{OUT}/{name}')
options = f'lowerdir={os.getcwd()},upperdir={OUT}/up,workdir={OUT}/work'.encode()
check('mount', b'overlay', THERE.encode(), b'overlay', 0, options)
same(sorted(os.listdir(THERE)), sorted(os.listdir('.')))`,
    ),
    ...users,
  ]),
};
