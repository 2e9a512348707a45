/** No message is lost or doubled, whoever is killed. test/host/channels-lost.test.ts has daemons that die. */

import { python, type Theme } from '../case.js';
import { NO_ABANDON_IN_TIME } from '../inabilities.js';

export const exactlyOnce: Theme = {
  name: 'exactly once under kill -9',
  cases: [
    python(
      'a reader that is killed while it waits has received nothing',
      `
chan()
receiver = waits(start(get, 'c/recv'))
os.kill(receiver, signal.SIGKILL)
same(over(receiver), -9)
sender = start(lambda: put('c/send', 'hello'))
same((get('c/recv'), over(sender)), (b'hello', 0))`,
    ),
    python(
      'of ten readers nine are killed, and the tenth gets the message',
      `
chan()
readers = [reader('c/recv') for _ in range(10)]
for pid, _ in readers: waits(pid)
for pid, _ in readers[:9]: os.kill(pid, signal.SIGKILL)
for pid, _ in readers[:9]: same(over(pid), -9)
put('c/send', 'hello')
pid, out = readers[9]
same((rest(out), over(pid)), (b'hello', 0))`,
    ),
    python(
      'a reader that is killed in the moment of the hand-off has the message, or the next one does',
      `
chan()
for moment in range(10):
    receiver = waits(start(get, 'c/recv'))
    sender = start(lambda: put('c/send', f'{moment}'))
    while_then = time.monotonic() + moment * 0.0004
    while time.monotonic() < while_then: pass
    os.kill(receiver, signal.SIGKILL)
    over(receiver)
    def next_or_had():
        try: return get('c/tryrecv')
        except BlockingIOError: return peek('c')['NumRecv'] == moment + 1 and b'had'
    seen = until(next_or_had)
    assert seen in (b'had', b'%d' % moment), seen
    status = over(sender)
    # Where it had begun to read, the sender may hear of it.
    assert status == 0 or seen == b'had', (status, seen)
    same(peek('c')['NumRecv'], moment + 1)`,
    ),
    python(
      'a sender that is killed while it waits has sent nothing, and the next one has',
      `
chan()
for again in range(3):
    sender = waits(start(put, 'c/send', 'never'), WRITE)
    os.kill(sender, signal.SIGKILL)
    same(over(sender), -9)
sender = start(put, 'c/send', 'hello')
same((get('c/recv'), over(sender)), (b'hello', 0))
same(peek('c')['NumSend'], 1)`,
    ),
    python(
      'what a channel has taken of one who is killed stays in it',
      `
chan(capacity=2)
told, tell = os.pipe()
def send():
    put('c/send', 'one'); put('c/send', 'two')
    os.write(tell, b'x')
    put('c/send', 'never')
sender = start(send)
os.read(told, 1)
waits(sender, WRITE)
os.kill(sender, signal.SIGKILL); over(sender)
same((get('c/recv'), get('c/recv'), code(get, 'c/tryrecv')), (b'one', b'two', 'EAGAIN'))`,
    ),
    python(
      'a reader that is killed in the middle of a message gives the sender EPIPE, and the next message is whole',
      `
chan()
def send():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    fd = os.open('c/send', os.O_WRONLY)
    try:
        while True: os.write(fd, bytes(100_000))
    except BrokenPipeError: pass
sender = start(send)
told, tell = os.pipe()
def receive():
    fd = os.open('c/recv', os.O_RDONLY)
    os.write(tell, os.read(fd, 1))
    signal.pause()
receiver = start(receive)
os.read(told, 1)
os.kill(receiver, signal.SIGKILL); over(receiver)
same(over(sender), 0)
sender = start(put, 'c/send', 'whole')
same((get('c/recv'), over(sender)), (b'whole', 0))`,
    ),
    python(
      'a sender that is killed in its close has sent the whole message, or none, or its reader is told',
      `
chan(capacity=1)
for moment in range(10):
    sender = start(put, 'c/send', bytes(200_000))
    while_then = time.monotonic() + moment * 0.0006
    while time.monotonic() < while_then: pass
    os.kill(sender, signal.SIGKILL); over(sender)
    put_by = start(put, 'c/send', 'mark')
    seen = []
    while b'mark' not in seen:
        try: seen.append(get('c/recv'))
        except OSError as error: same(error.errno, errno.EIO)
    for each in seen: assert each == b'mark' or len(each) == 200_000, len(each)
    same(over(put_by), 0)`,
      { cannot: NO_ABANDON_IN_TIME },
    ),
    python(
      'four senders and four readers, of which many are killed: each message is had once, in its sender’s order',
      `
import random
random.seed(7)
chan()
get_out, put_out = os.pipe()
def receive():
    while True: os.write(put_out, get('c/recv') + b'\\n')
def send(who):
    for i in range(25):
        # One whose reader is killed in the middle hears of it.
        try: put('c/send', f'{who} {i}')
        except BrokenPipeError: pass
senders = [start(send, who) for who in range(4)]
readers = [start(receive) for _ in range(4)]
lost = 0
for again in range(20):
    at = random.randrange(4)
    time.sleep(random.random() * 0.005)
    os.kill(readers[at], signal.SIGKILL); over(readers[at])
    readers[at] = start(receive)
for sender in senders: same(over(sender), 0)
until(lambda: peek('c')['NumRecv'] == 100)
for each in readers: os.kill(each, signal.SIGKILL); over(each)
os.close(put_out)
got = rest(get_out).decode().split('\\n')[:-1]
same(len(got), len(set(got)), 'none is doubled')
# One may have been read by one that was killed before it could tell.
assert len(got) >= 100 - 20, len(got)
same(peek('c')['NumSend'], 100)`,
    ),
    python(
      'the output of a process goes on where a killed reader was, and none is doubled',
      `
proc('p', 'seq', '1', '20000')
told, tell = os.pipe()
got = b''
for again in range(5):
    def receive():
        fd = os.open('p/stdout', os.O_RDONLY)
        os.write(tell, os.read(fd, 1000))
        os.read(fd, 0)
        os.write(tell, b'!')
        signal.pause()
    receiver = start(receive)
    piece = b''
    while not piece.endswith(b'!'): piece += os.read(told, 65536)
    got += piece[:-1]
    os.kill(receiver, signal.SIGKILL); over(receiver)
got += get('p/stdout')
same(got == b''.join(b'%d\\n' % i for i in range(1, 20001)), True)`,
    ),
    python(
      'a reader of stdout that is killed while it waits takes nothing of it',
      `
proc('p', 'cat')
for again in range(2):
    receiver = waits(start(get, 'p/stdout'))
    os.kill(receiver, signal.SIGKILL); over(receiver)
put('p/stdin', 'hello')
same(get('p/stdout'), b'hello')`,
    ),
    python(
      'a writer to a full stdin that is killed: the process gets a beginning of what it wrote, each byte once',
      `
proc('p', 'sh', '-c', 'kill -STOP $$; cat')
data = b''.join(b'%06d\\n' % i for i in range(100_000))
def write():
    fd = os.open('p/stdin', os.O_WRONLY)
    left = memoryview(data)
    while left: left = left[os.write(fd, left):]
writer = waits(start(write), WRITE)
until(lambda: get('p/phase') == b'stopped\\n')
os.kill(writer, signal.SIGKILL); over(writer)
put('p/signal', 'CONT\\n')
got = get('p/stdout')
assert 0 < len(got) < len(data) and data.startswith(got), len(got)`,
    ),
  ],
};
