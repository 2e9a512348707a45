/** The end of a mount that is in use. Each case has a daemon of its own. */
import type { Case, Theme } from '../case.js';
import type { Place } from '../scene.js';

/** Runs a script with a daemon's own mount as ROOT, its id as DAEMON, and a channel in the working directory. */
async function alone(place: Place, script: string): Promise<void> {
  const daemon = await place.scene.start();
  const { status, printed } = await place.python(
    `
import subprocess
DAEMON = ${daemon.pid}
ROOT = '${daemon.mountpoint}'
os.chdir(f'{ROOT}/.self'); chan()
def mounted(): return f' {ROOT} ' in open('/proc/self/mountinfo').read()
def umount(*options): return subprocess.run(['umount', *options, ROOT], capture_output=True, text=True)
${script}`,
    { cwd: '/' },
  );
  await daemon.stop();
  if (status !== 0) throw new Error(printed);
}

function unmounting(name: string, script: string): Case {
  return { name, once: true, run: (place) => alone(place, script) };
}

export const unmountings: Theme = {
  name: 'unmounting while busy',
  cases: [
    unmounting(
      'umount(8) is refused (EBUSY) while a program is in it or has a file open, and nothing is disturbed',
      `
receiver, out = reader('c/recv')
waits(receiver)
seen = umount()
assert seen.returncode != 0 and 'busy' in seen.stderr, seen
os.chdir('/')
seen = umount()
assert seen.returncode != 0 and 'busy' in seen.stderr, seen
put(f'{ROOT}/.self/c/send', 'hello')
same((rest(out), over(receiver), mounted()), (b'hello', 0, True))`,
    ),
    unmounting(
      'umount -l takes the name away at once, and those who are in it work on',
      `
fd = os.open('c/recv', os.O_RDONLY)
same(umount('-l').returncode, 0)
same((mounted(), os.listdir(ROOT)), (False, []))
sender = start(put, 'c/send', 'hello')
same((rest(fd), over(sender)), (b'hello', 0))`,
    ),
    unmounting(
      'a daemon that ends while readers and writers wait unmounts at once, and each of them gets an error',
      `
receivers = [waits(start(lambda: code(get, 'c/recv') in ('ENOTCONN', 'ECONNABORTED', 'EIO', 'EINTR', 'ENODATA') or os._exit(5))) for _ in range(5)]
os.mkdir('d'); put('d/mkchan', '0')
sender = waits(start(lambda: code(put, 'd/send', 'x') != 'ok' or os._exit(5)), WRITE)
os.kill(DAEMON, signal.SIGTERM)
for pid in [*receivers, sender]: same(over(pid), 0)
until(lambda: not mounted())`,
    ),
    unmounting(
      'a daemon that is killed: each who waits gets an error, what is open is ENOTCONN, and umount -l cleans up',
      `
receiver = waits(start(lambda: code(get, 'c/recv') in ('ECONNABORTED', 'ENOTCONN') or os._exit(5)))
fd = os.open('c/recv', os.O_RDONLY)
os.kill(DAEMON, signal.SIGKILL)
same(over(receiver), 0)
same((code(os.read, fd, 1), code(os.mkdir, 'd')), ('ENOTCONN', 'ENOTCONN'))
os.chdir('/')
same(umount('-l').returncode, 0)
same(os.listdir(ROOT), [])`,
    ),
  ],
};
