# The cases that are a script of Python share this; interpreter.py gives each its ROOT, MEMBER and OUT, and an
# anchor of its own as working directory.
import errno, fcntl, json, os, select, signal, sys, time, traceback

# So long, in seconds, what is to come may take on a busy machine.
PATIENCE = 45


def code(call, *args, **names):
    """The name of the errno with which a call fails, or `ok`."""
    try:
        call(*args, **names)
    except OSError as error:
        return errno.errorcode[error.errno]
    return 'ok'


def same(seen, expected, *of):
    assert seen == expected, f'{" ".join(map(str, of))}: {seen!r}, and not {expected!r}'


def until(look, what='it has not come to that'):
    """Waits until `look` gives something true, and gives it. It looks seldom where that takes long."""
    began = time.monotonic()
    while True:
        seen = look()
        if seen:
            return seen
        waited = time.monotonic() - began
        assert waited < PATIENCE, what
        time.sleep(min(max(0.001, waited / 5), 0.1))


def put(path, text, flags=os.O_WRONLY | os.O_TRUNC | os.O_CREAT):
    """Writes as a shell does, by one write(2)."""
    fd = os.open(path, flags, 0o666)
    try:
        return os.write(fd, text if isinstance(text, bytes) else str(text).encode())
    finally:
        os.close(fd)


def rest(fd):
    """All that is still to come from an open file."""
    pieces = []
    while piece := os.read(fd, 65536):
        pieces.append(piece)
    return b''.join(pieces)


def get(path, flags=os.O_RDONLY):
    fd = os.open(path, flags)
    try:
        return rest(fd)
    finally:
        os.close(fd)


def chan(name='c', capacity=0):
    os.mkdir(name)
    put(f'{name}/mkchan', f'{capacity}\n')


def proc(name, *argv):
    os.mkdir(name)
    put(f'{name}/mkproc', json.dumps({'Path': argv[0], 'Args': argv[1:]}) + '\n')


def peek(name):
    return json.loads(get(f'{name}/peek'))


forked = set()


def end_children():
    """Kills those that a script has left over."""
    for pid in forked:
        os.kill(pid, signal.SIGKILL)


def start(run, *args):
    """Runs a function in a child; its process id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        forked.add(pid)
        return pid
    try:
        run(*args)
    except BaseException:
        traceback.print_exc()
        os._exit(99)
    os._exit(0)


def over(pid):
    """Waits for a child: its status, or minus the signal that ended it."""
    forked.discard(pid)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


READ, WRITE, CLOSE = ('0', '1', '3') if os.uname().machine == 'x86_64' else ('63', '64', '57')


def doing(pid):
    """The number of the system call in which a process waits, or an empty string."""
    try:
        return open(f'/proc/{pid}/syscall').read().split()[0]
    except OSError:
        return ''


def state(pid):
    """R, S, T and so on, as in proc(5)."""
    return open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[0]


def waits(pid, call=READ):
    """Waits until a child waits in a system call on the mount; gives its id."""
    until(lambda: doing(pid) == call and open(f'/proc/{pid}/wchan').read().startswith(('fuse', 'request_wait')),
          'it does not wait')
    return pid


def reader(path):
    """Starts a child that waits for something to read: its id, and where it prints it to."""
    get_out, put_out = os.pipe()

    def run():
        os.close(get_out)
        fd = os.open(path, os.O_RDONLY)
        while piece := os.read(fd, 65536):
            os.write(put_out, piece)

    pid = start(run)
    os.close(put_out)
    return pid, get_out


