/** poll(2), select(2) and epoll(7). test/host/poll.test.ts has five members, room, and the log. */

import { python, type Theme } from '../case.js';
import { NO_POLL, NO_POLL_OF_MANY } from '../inabilities.js';

/** Ways to wait for one descriptor: each gives whether it is ready. */
const WAYS = `
def by_poll(fd, events, seconds):
    poll = select.poll()
    poll.register(fd, events)
    return bool(poll.poll(seconds * 1000))

def by_select(fd, events, seconds):
    lists = ([fd], []) if events == select.POLLIN else ([], [fd])
    return any(select.select(*lists, [], seconds))

def by_epoll(fd, events, seconds, more=0):
    with select.epoll() as poll:
        poll.register(fd, events | more)
        return bool(poll.poll(seconds))

def by_edge(fd, events, seconds): return by_epoll(fd, events, seconds, select.EPOLLET)
def by_one_shot(fd, events, seconds): return by_epoll(fd, events, seconds, select.EPOLLONESHOT)
`;

const EACH_WAY = ['poll', 'select', 'epoll', 'edge', 'one_shot'];

/** A level and an edge are tried on another member's files, too; the others are the kernel's. */
function optionsOf(way: string) {
  return { cannot: NO_POLL, once: !['poll', 'edge'].includes(way) };
}

export const poll: Theme = {
  name: 'poll, select, epoll',
  cases: [
    ...EACH_WAY.map((way) =>
      python(
        `${way}: what waits for a message is woken by it, and not before`,
        `${WAYS}
chan()
fd = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK)
same(by_${way}(fd, select.POLLIN, 0), False)
def send():
    until(lambda: 'wait' in open(f'/proc/{os.getppid()}/wchan').read() or 'poll' in open(f'/proc/{os.getppid()}/wchan').read())
    put('c/send', 'hello')
sender = start(send)
same(by_${way}(fd, select.POLLIN, PATIENCE), True)
same(os.read(fd, 9), b'hello')
same(over(sender), 0)`,
        optionsOf(way),
      ),
    ),
    ...EACH_WAY.map((way) =>
      python(
        `${way}: what waits for room is woken when a message is taken`,
        `${WAYS}
chan(capacity=1)
put('c/send', 'first')
fd = os.open('c/send', os.O_WRONLY | os.O_NONBLOCK)
same(by_${way}(fd, select.POLLOUT, 0), False)
def receive():
    until(lambda: 'wait' in open(f'/proc/{os.getppid()}/wchan').read() or 'poll' in open(f'/proc/{os.getppid()}/wchan').read())
    same(get('c/recv'), b'first')
receiver = start(receive)
same(by_${way}(fd, select.POLLOUT, PATIENCE), True)
same(os.write(fd, b'second'), 6)
same(over(receiver), 0)`,
        optionsOf(way),
      ),
    ),
    python(
      'an edge tells of each message once, a level as long as it is not read',
      `
chan(capacity=9)
edge, level = select.epoll(), select.epoll()
fd = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK)
edge.register(fd, select.EPOLLIN | select.EPOLLET)
level.register(fd, select.EPOLLIN)
put('c/send', 'hello')
same((len(edge.poll(PATIENCE)), len(level.poll(PATIENCE))), (1, 1))
same((len(edge.poll(0)), len(level.poll(0))), (0, 1))
same(os.read(fd, 2), b'he')
same(len(level.poll(PATIENCE)), 1)
same(rest(fd), b'llo')`,
    ),
    python(
      'the output, the error output and the end of a process wake those who wait for them',
      `
proc('p', 'sh', '-c', 'read x; echo $x; echo $x >&2; exit 3')
fds = {os.open(f'p/{name}', os.O_RDONLY | os.O_NONBLOCK): name for name in ('stdout', 'stderr', 'wait')}
poll = select.epoll()
for fd in fds: poll.register(fd, select.EPOLLIN)
same(poll.poll(0), [])
put('p/stdin', 'hello\\n')
seen = {}
while len(seen) < 3:
    for fd, _ in poll.poll(PATIENCE):
        seen[fds[fd]] = os.read(fd, 65536)
        poll.unregister(fd)
same((seen['stdout'], seen['stderr'], json.loads(seen['wait'])['Exit']), (b'hello\\n', b'hello\\n', '3'))`,
      { cannot: NO_POLL_OF_MANY },
    ),
    python(
      'the next text of a note and a log that grows wake those who wait',
      `
os.mkdir('n'); put('n/mknote', 'one')
note = os.open('n/next', os.O_RDONLY | os.O_NONBLOCK)
log = os.open(f'{ROOT}/{MEMBER}/log', os.O_RDONLY)
poll = select.poll()
poll.register(note, select.POLLIN)
same(poll.poll(0), [])
put('n/set', 'two')
same(poll.poll(PATIENCE * 1000), [(note, select.POLLIN)])
same(rest(note), b'two\\n')
poll.unregister(note)
poll.register(log, select.POLLIN)
rest(log)
os.mkdir('logged')
same(poll.poll(PATIENCE * 1000), [(log, select.POLLIN)])`,
      { cannot: NO_POLL_OF_MANY },
    ),
    python(
      'values and commands are always ready',
      `
chan(capacity=9)
poll = select.poll()
for name, flags, event in (('c/cap', os.O_RDONLY, select.POLLIN), ('c/close', os.O_WRONLY, select.POLLOUT), ('help', os.O_RDONLY, select.POLLIN)):
    poll.register(os.open(name, flags), event)
same(len(poll.poll(0)), 3)`,
    ),
    python(
      'what has ended is ready: a closed channel, an end of file, a process without readers',
      `
chan()
recv, send = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK), os.open('c/send', os.O_WRONLY | os.O_NONBLOCK)
poll = select.poll()
poll.register(recv, select.POLLIN); poll.register(send, select.POLLOUT)
same(poll.poll(0), [])
put('c/close', '\\n')
ready = set()
until(lambda: ready.update(fd for fd, _ in poll.poll(100)) or ready == {recv, send})
same((code(os.read, recv, 1), code(os.write, send, b'x')), ('ENODATA', 'EPIPE'))
proc('p', 'true'); get('p/wait')
out = os.open('p/stdout', os.O_RDONLY | os.O_NONBLOCK)
same(len(select.select([out], [], [], PATIENCE)[0]), 1)
same(os.read(out, 1), b'')`,
      { cannot: NO_POLL_OF_MANY },
    ),
    python(
      'a wait ends with its time, and by a signal',
      `
chan()
fd = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK)
poll = select.poll()
poll.register(fd, select.POLLIN)
before = time.monotonic()
same(poll.poll(30), [])
assert time.monotonic() - before >= 0.03
def alarm(*_): raise InterruptedError
signal.signal(signal.SIGALRM, alarm)
signal.setitimer(signal.ITIMER_REAL, 0.01)
try: poll.poll(PATIENCE * 1000); assert False
except InterruptedError: pass`,
      { cannot: NO_POLL_OF_MANY },
    ),
    python(
      'many wait for one channel, and each message is had once',
      `
chan()
fds = [os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK) for _ in range(40)]
poll = select.epoll()
for fd in fds: poll.register(fd, select.EPOLLIN)
same(poll.poll(0), [])
def send():
    for i in range(20): put('c/send', f'{i:02d}')
sender = start(send)
got = []
while len(got) < 20:
    for fd, _ in poll.poll(PATIENCE):
        try: piece = os.read(fd, 9)
        except BlockingIOError: continue
        # One that went before the end of the message would break it off.
        os.set_blocking(fd, True)
        got.append(piece + rest(fd))
        poll.unregister(fd); os.close(fd)
        fd = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK)
        poll.register(fd, select.EPOLLIN)
same(sorted(got), [b'%02d' % i for i in range(20)])
same(over(sender), 0)`,
      { cannot: NO_POLL_OF_MANY },
    ),
    python(
      'one who only polls takes nothing: the message is for the one who reads',
      `
chan(capacity=9)
watcher = os.open('c/recv', os.O_RDONLY | os.O_NONBLOCK)
put('c/send', 'hello')
for again in range(3): same(len(select.select([watcher], [], [], PATIENCE)[0]), 1)
same(get('c/recv'), b'hello')
same(select.select([watcher], [], [], 0)[0], [])
same(code(os.read, watcher, 9), 'EAGAIN')
os.close(watcher)
put('c/send', 'again')
same(get('c/recv'), b'again')`,
      { cannot: NO_POLL_OF_MANY },
    ),
    python(
      'a set of descriptors of many elements and of other files, in one epoll',
      `
chan('a'); chan('b', 1); proc('p', 'cat')
pipe, into = os.pipe()
names = {os.open('a/recv', os.O_RDONLY | os.O_NONBLOCK): 'a', os.open('b/recv', os.O_RDONLY | os.O_NONBLOCK): 'b',
         os.open('p/stdout', os.O_RDONLY | os.O_NONBLOCK): 'p', pipe: 'pipe'}
poll = select.epoll()
for fd in names: poll.register(fd, select.EPOLLIN)
same(poll.poll(0), [])
def next_ready():
    (fd, _), = poll.poll(PATIENCE)
    os.read(fd, 99)
    poll.unregister(fd)
    return names[fd]
put('b/send', 'x'); same(next_ready(), 'b')
os.write(into, b'x'); same(next_ready(), 'pipe')
put('p/stdin', 'x', os.O_WRONLY | os.O_APPEND); same(next_ready(), 'p')
sender = start(lambda: put('a/send', 'x')); same(next_ready(), 'a')
same(over(sender), 0)`,
      { cannot: NO_POLL_OF_MANY },
    ),
  ],
};
