/** O_NONBLOCK, and the files that never wait. */

import { python, type Theme } from '../case.js';
import { FLAGS_AT_OPEN, NO_POLL_OF_MANY, SEEKABLE_ELSE_REFUSED } from '../inabilities.js';

export const nonblocking: Theme = {
  name: 'O_NONBLOCK',
  cases: [
    python(
      'a read of what is not ready is EAGAIN: recv, stdout, stderr, wait and next',
      `
chan(); proc('p', 'cat')
os.mkdir('n'); put('n/mknote', 'x')
for name in ('c/recv', 'p/stdout', 'p/stderr', 'p/wait', 'n/next'):
    fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    for again in range(3): same(code(os.read, fd, 9), 'EAGAIN', name)`,
    ),
    python(
      'a read of what is ready gives it, and then the end of the message',
      `
chan(capacity=9)
put('c/send', 'hello')
fd = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK)
same((os.read(fd, 3), os.read(fd, 9), os.read(fd, 9)), (b'hel', b'lo', b''))
proc('p', 'echo', 'out')
get('p/wait')
fd = os.open('p/stdout', os.O_RDONLY | os.O_NONBLOCK)
same((os.read(fd, 9), os.read(fd, 9)), (b'out\\n', b''))`,
    ),
    python(
      'in the middle of a message a read is EAGAIN until it goes on',
      `
chan()
def send():
    fd = os.open('c/send', os.O_WRONLY)
    os.write(fd, b'one')
    signal.sigwait([signal.SIGUSR1])
    os.write(fd, b'two')
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
sender = waits(start(send), WRITE)
fd = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK)
seen = until(lambda: code(os.read, fd, 0) == 'ok' and select.select([fd], [], [], PATIENCE)[0] and os.read(fd, 9))
same(seen, b'one')
same(select.select([fd], [], [], 0)[0], [])
same(code(os.read, fd, 9), 'EAGAIN')
os.kill(sender, signal.SIGUSR1)
select.select([fd], [], [], PATIENCE)
same(os.read(fd, 9), b'two')
same(over(sender), 0)`,
      { cannot: NO_POLL_OF_MANY },
    ),
    python(
      'a write is EAGAIN while nobody receives, and nothing has been sent',
      `
chan()
fd = os.open('c/send', os.O_WRONLY | os.O_NONBLOCK)
for again in range(3): same(code(os.write, fd, b'x'), 'EAGAIN')
os.close(fd)
same(peek('c')['NumSend'], 0)
pid, out = reader('c/recv')
waits(pid)
fd = os.open('c/send', os.O_WRONLY | os.O_NONBLOCK)
until(lambda: code(os.write, fd, b'x') == 'ok')
os.close(fd)
same((rest(out), over(pid)), (b'x', 0))`,
    ),
    python(
      'a write takes what there is room for, and then EAGAIN; nothing is lost or doubled',
      `
proc('q', 'sleep', '1000')
fd = os.open('q/stdin', os.O_WRONLY | os.O_NONBLOCK)
taken = 0
block = bytes(100_000)
while True:
    try: taken += os.write(fd, block)
    except BlockingIOError: break
assert 64 * 1024 <= taken < 4_000_000, taken
same(code(os.write, fd, b'x'), 'EAGAIN')
same(select.select([], [fd], [], 0)[1], [])`,
      { cannot: NO_POLL_OF_MANY },
    ),
    python(
      'O_NONBLOCK that fcntl(2) sets later counts, and that it takes away',
      `
chan()
def late(*_): raise AssertionError('the read waits')
signal.signal(signal.SIGALRM, late)
fd = os.open('c/recv', os.O_RDONLY)
os.set_blocking(fd, False)
signal.alarm(1)
same(code(os.read, fd, 9), 'EAGAIN')
signal.alarm(0)
os.set_blocking(fd, True)
def send(): put('c/send', 'hello')
sender = start(send)
same((rest(fd), over(sender)), (b'hello', 0))`,
      { cannot: FLAGS_AT_OPEN },
    ),
    python(
      'trysend and tryrecv never wait, without O_NONBLOCK',
      `
chan()
same(code(get, 'c/tryrecv'), 'EAGAIN')
same(code(put, 'c/trysend', 'x'), 'EAGAIN')
os.mkdir('d'); put('d/mkchan', '1')
same(put('d/trysend', 'x'), 1)
same(code(put, 'd/trysend', 'y'), 'EAGAIN')
same(get('d/tryrecv'), b'x')
same(code(get, 'd/tryrecv'), 'EAGAIN')`,
    ),
    python(
      'O_NONBLOCK changes nothing for values, commands and the log',
      `
chan(capacity=9)
same(get('c/cap', os.O_RDONLY | os.O_NONBLOCK), b'9\\n')
same(put('c/close', '\\n', os.O_WRONLY | os.O_NONBLOCK), 1)
same(peek('c')['Closed'], True)
assert len(get(f'{ROOT}/{MEMBER}/log', os.O_RDONLY | os.O_NONBLOCK)) > 10`,
    ),
    python(
      'preadv2(2) with RWF_NOWAIT does not wait: a stream has no position (ESPIPE)',
      `
chan()
fd = os.open('c/recv', os.O_RDONLY)
same(code(os.preadv, fd, [bytearray(1)], 0, os.RWF_NOWAIT), 'ESPIPE')`,
      { cannot: SEEKABLE_ELSE_REFUSED },
    ),
  ],
};
