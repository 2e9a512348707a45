# Follows prelude.py in the interpreter of interpreter.ts. Each line of its input is an order in JSON; a fork
# carries it out, and the answer is a line with the order's number and how the fork ended.
# A fork has these modules at once.
import ctypes, mmap, random, socket, stat, struct, subprocess, threading


def order_of_fork():
    """Takes orders, and returns in a fork alone: with its order. The interpreter ends with its input."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    running, begun = {}, b''
    while True:
        for fd, _ in poll.poll():
            if fd in running:
                number, pid = running.pop(fd)
                poll.unregister(fd)
                os.close(fd)
                os.write(1, f'{number} {over(pid)}\n'.encode())
                continue
            piece = os.read(0, 1 << 20)
            if not piece: os._exit(0)
            *lines, begun = (begun + piece).split(b'\n')
            for line in lines:
                order = json.loads(line)
                pid = os.fork()
                if pid == 0: return order
                ended = os.pidfd_open(pid)
                running[ended] = order['number'], pid
                poll.register(ended, select.POLLIN)


order = order_of_fork()
os.setsid()
os.closerange(3, 4096)
os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
os.dup2(os.open(order['printed'], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), 1)
os.dup2(1, 2)
os.closerange(3, 5)
os.environ.update(order['env'])
ROOT, MEMBER, OUT = (os.environ[name] for name in ('ROOT', 'MEMBER', 'OUT'))
os.chdir(order['cwd'])


def status_of(script):
    try:
        exec(compile(script, 'script', 'exec'), globals())
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        end_children()
        sys.stdout.flush()
    return 0


# An orderly end of the interpreter would take longer than all the rest.
os._exit(status_of(order['script']))
