/** Signals interrupt those who wait, stop them, or leave them alone. test/host/stopped-writers.test.ts has each way of writing. */

import { type Case, python, type Theme } from '../case.js';
import { NO_INTERRUPT } from '../inabilities.js';

/** Their default action is to end the process (signal(7)): all such, with the first and the last of the real-time signals. */
const DEADLY =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT XCPU XFSZ VTALRM PROF POLL PWR SYS RTMIN RTMAX'.split(
    ' ',
  );

/** With these it is tried on the files of another member, too. */
const FROM_TERMINALS = ['INT', 'TERM', 'KILL'];

const HARMLESS = ['CHLD', 'URG', 'WINCH', 'CONT'];

function killed(signal: string): Case {
  return python(
    `SIG${signal} ends a reader and a writer that wait, and nothing was received or sent`,
    `
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
NUMBER = getattr(signal, 'SIG${signal}', 16)
chan()
def ready(): NUMBER != signal.SIGKILL and signal.signal(NUMBER, signal.SIG_DFL)
def read(): ready(); get('c/recv')
def write(): ready(); put('c/send', 'never')
receiver = waits(start(read))
os.kill(receiver, NUMBER)
same(over(receiver), -NUMBER)
sender = waits(start(write), WRITE)
os.kill(sender, NUMBER)
same(over(sender), -NUMBER)
same(code(get, 'c/tryrecv'), 'EAGAIN')
same((peek('c')['NumSend'], peek('c')['NumRecv']), (0, 0))`,
    // The host finds in /proc which signal it is: the other member does not see it.
    { once: !FROM_TERMINALS.includes(signal) },
  );
}

export const signals: Theme = {
  name: 'signals',
  cases: [
    ...DEADLY.map(killed),
    ...HARMLESS.map((signal) =>
      python(
        `SIG${signal} interrupts nothing`,
        `
chan()
def read():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    same(get('c/recv'), b'hello')
receiver = waits(start(read))
for again in range(5): os.kill(receiver, signal.SIG${signal})
put('c/send', 'hello')
same(over(receiver), 0)`,
        { once: true },
      ),
    ),
    python(
      'a signal takes effect at once',
      `
chan()
def ended_after():
    receiver = waits(start(get, 'c/recv'))
    began = time.monotonic()
    os.kill(receiver, signal.SIGINT)
    over(receiver)
    return time.monotonic() - began
# A busy machine may be late.
assert any(ended_after() < 0.25 for again in range(5)), 'never at once'`,
      { once: true, cannot: NO_INTERRUPT },
    ),
    python(
      'a signal that is ignored or blocked interrupts nothing',
      `
chan()
def read():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    signal.signal(signal.SIGUSR1, lambda *_: os._exit(3))
    same(get('c/recv'), b'hello')
receiver = waits(start(read))
for each in (signal.SIGTERM, signal.SIGUSR1): os.kill(receiver, each)
put('c/send', 'hello')
same(over(receiver), 0)`,
      { once: true },
    ),
    python(
      'a handler runs at once while its program waits to read, and the program may read again',
      `
chan()
def read():
    ran = []
    signal.signal(signal.SIGUSR1, lambda *_: ran.append(1) or os.write(told, b'ran'))
    same(get('c/recv'), b'hello')
    same(len(ran), 2)
heard, told = os.pipe()
receiver = start(read)
for again in range(2):
    waits(receiver)
    os.kill(receiver, signal.SIGUSR1)
    same(os.read(heard, 9), b'ran')
put('c/send', 'hello')
same(over(receiver), 0)`,
    ),
    python(
      'a handler that gives up ends the wait with EINTR, and the message is the next reader’s',
      `
chan()
class GiveUp(Exception): pass
def give_up(*_): raise GiveUp
def read():
    signal.signal(signal.SIGALRM, give_up)
    fd = os.open('c/recv', os.O_RDONLY)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try: os.read(fd, 9)
    except GiveUp: pass
    signal.pause()
receiver = start(read)
until(lambda: doing(receiver) in ('34', '73'))
put_by = start(lambda: put('c/send', 'hello'))
same(get('c/recv'), b'hello')
os.kill(receiver, signal.SIGKILL)
same((over(put_by), over(receiver)), (0, -9))`,
    ),
    python(
      'a handler that gives up ends the wait of a writer, and its message is never sent',
      `
chan()
class GiveUp(Exception): pass
def give_up(*_): raise GiveUp
def write():
    signal.signal(signal.SIGALRM, give_up)
    fd = os.open('c/send', os.O_WRONLY)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try: os.write(fd, b'never')
    except GiveUp: pass
same(over(start(write)), 0)
same(code(get, 'c/tryrecv'), 'EAGAIN')
same(peek('c')['NumSend'], 0)`,
    ),
    python(
      'a reader that is stopped and continued goes on where it was',
      `
chan()
receiver, out = reader('c/recv')
for again in range(2):
    waits(receiver)
    os.kill(receiver, signal.SIGSTOP)
    until(lambda: state(receiver) == 'T')
    os.kill(receiver, signal.SIGCONT)
    until(lambda: state(receiver) != 'T')
put('c/send', 'hello')
same((rest(out), over(receiver)), (b'hello', 0))`,
    ),
    python(
      'a reader that is stopped takes no message from those who go on',
      `
chan()
receiver, out = reader('c/recv')
waits(receiver)
os.kill(receiver, signal.SIGSTOP)
until(lambda: state(receiver) == 'T')
sender = start(lambda: put('c/send', 'hello'))
same((get('c/recv'), over(sender)), (b'hello', 0))
os.kill(receiver, signal.SIGCONT)
put('c/send', 'again')
same((rest(out), over(receiver)), (b'again', 0))`,
    ),
    python(
      'a writer that is stopped and continued has sent its message, once',
      `
chan()
sender = waits(start(lambda: put('c/send', 'hello')), WRITE)
os.kill(sender, signal.SIGSTOP)
until(lambda: state(sender) == 'T')
os.kill(sender, signal.SIGCONT)
same((get('c/recv'), over(sender)), (b'hello', 0))
same(code(get, 'c/tryrecv'), 'EAGAIN')`,
    ),
    python(
      'SIGTSTP, SIGTTIN and SIGTTOU stop a reader as they do elsewhere, and SIGCONT continues it',
      `
chan()
def read():
    os.setpgid(0, 0)
    same(get('c/recv'), b'hello')
receiver = start(read)
for each in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
    waits(receiver)
    os.kill(receiver, each)
    until(lambda: state(receiver) == 'T')
    os.kill(receiver, signal.SIGCONT)
    until(lambda: state(receiver) != 'T')
put('c/send', 'hello')
same(over(receiver), 0)`,
      { once: true },
    ),
    python(
      'Ctrl-C on a terminal ends a whole pipeline that waits',
      `
import pty
chan()
pid, terminal = pty.fork()
if pid == 0: os.execvp('sh', ['sh', '-c', 'cat c/recv | cat; echo no'])
children = until(lambda: [int(p) for p in open(f'/proc/{pid}/task/{pid}/children').read().split()])
until(lambda: [p for p in open(f'/proc/{pid}/task/{pid}/children').read().split() if doing(p) == READ and 'fuse' in open(f'/proc/{p}/wchan').read() or 'request_wait' in open(f'/proc/{p}/wchan').read()])
os.write(terminal, b'\\x03')
status = over(pid)
assert status in (-2, 130), status
same(code(get, 'c/tryrecv'), 'EAGAIN')`,
      { once: true },
    ),
    python(
      'a signal to one thread does not interrupt another that waits',
      `
import threading
chan()
signal.signal(signal.SIGUSR1, lambda *_: None)
got = []
thread = threading.Thread(target=lambda: got.append(get('c/recv')))
thread.start()
until(lambda: any(doing(f'{os.getpid()}/task/{t}') == READ for t in os.listdir('/proc/self/task')))
signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
put('c/send', 'hello')
thread.join()
same(got, [b'hello'])`,
      { once: true },
    ),
    python(
      'a close that waits for its command is not broken off by a handler',
      `
chan(capacity=9)
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for i in range(9): put('c/send', f'{i}')
got = [get('c/recv') for i in range(9)]
signal.setitimer(signal.ITIMER_REAL, 0)
same(got, [b'%d' % i for i in range(9)])`,
    ),
    python(
      'a storm of handled signals breaks no long message',
      `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
chan()
data = os.urandom(1_000_000)
told, tell = os.pipe()
def send():
    # Python would write again by itself; here each answer is seen.
    signal.signal(signal.SIGALRM, lambda *_: None)
    fd = os.open('c/send', os.O_WRONLY)
    buffer = ctypes.create_string_buffer(data, len(data))
    at, answers = 0, []
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    while at < len(data):
        began = time.monotonic()
        written = libc.write(fd, ctypes.c_void_p(ctypes.addressof(buffer) + at), ctypes.c_size_t(len(data) - at))
        answers.append((written, written < 0 and errno.errorcode[ctypes.get_errno()], round(time.monotonic() - began, 3)))
        at += max(written, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.close(fd)
    os.write(tell, repr(answers[-50:]).encode())
sender = start(send)
got = get('c/recv')
same((len(got), got == data), (len(data), True), os.read(told, 65536))
same(over(sender), 0)`,
    ),
  ],
};
