"""Random operations on the members of a mount, valid and not, for some seconds, from a seed.

    operations.py MOUNT SEED SECONDS

Prints as JSON how often each operation succeeded, was interrupted, or failed with which errno, and
how long the listings of the root took, in milliseconds. No call waits for longer than a moment: a
timer interrupts it, and sometimes a child makes it that is killed meanwhile.
"""

import collections
import errno
import fcntl
import json
import mmap
import os
import random
import select
import signal
import socket
import stat
import sys
import time

mount, seed, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
rng = random.Random(seed)
outcomes = collections.Counter()
listings = []
held = []

NAMES = ["a", "b", "c", "stdin", "näme", "x" * 255]
BAD_NAMES = ["x" * 256, "\udcff", "send", ".", "..", "new\nline"]
FILES = """addr join leave reload peek peers stk log help error mkchan mkproc mkdkr mkdns mk@join mk@leave mknote send recv
trysend tryrecv close cap kind scrub cmd stdin stdout stderr wait signal pid phase exit text""".split()
# A leave or an orderly end would be the end of the trial, and a reload its own.
LEFT_ALONE = {"leave", "shutdown", "reload", "join"}
COMMANDS = [
    b"3\n", b"0\n", b"-1\n", b"many\n", b"\n", b"{\n", b"TERM\n", b"99\n", b"", b"x" * 5000, b"\0\xff\n",
    b'{"Path":"true"}\n', b'{"Path":"cat"}\n', b'{"Path":"sleep","Args":["0.1"]}\n', b'{"Path":"nothing"}\n',
    b'{"Path":"head","Args":["-c","300000","/dev/zero"],"Scrub":true}\n', b'{"Pa',
    b'{"Listen":"127.0.0.1:0"}\n', b"h A 10.0.0.1\n",
]


class Interrupted(Exception):
    pass


def interrupt(*_):
    raise Interrupted


def members():
    return [os.path.join(mount, name) for name in os.listdir(mount) if name.startswith("X")]


def anchor():
    names = rng.choices(NAMES, k=rng.randrange(3)) + rng.choices(BAD_NAMES, k=rng.random() < 0.05)
    return os.path.join(rng.choice(members()), *names)


def file():
    directory = anchor()
    there = os.listdir(directory) if rng.random() < 0.7 else []
    return os.path.join(directory, rng.choice(there or FILES))


def flags():
    access = rng.choice([os.O_RDONLY, os.O_WRONLY, os.O_RDWR])
    extra = [os.O_NONBLOCK, os.O_APPEND, os.O_TRUNC, os.O_CREAT, os.O_EXCL, os.O_SYNC, os.O_DIRECTORY]
    return access | sum(flag for flag in extra if rng.random() < 0.1)


def is_left_alone(path):
    return os.path.basename(path) in LEFT_ALONE


def opened():
    path = file()
    return os.open(path, os.O_RDONLY if is_left_alone(path) else flags())


def open_and(use):
    fd = opened()
    try:
        return use(fd)
    finally:
        os.close(fd)


def hold():
    held.append(opened())
    if len(held) > 20:
        os.close(held.pop(rng.randrange(len(held))))


def use_held():
    if held:
        fd = rng.choice(held)
        rng.choice([lambda: os.read(fd, 4096), lambda: os.write(fd, rng.choice(COMMANDS))])()


def command():
    path = os.path.join(anchor(), rng.choice(["mkchan", "mkproc", "mk@join", "mknote", "mkdns", "scrub", "close", "signal", "set"]))
    with open(path, "wb", buffering=0) as target:
        target.write(rng.choice(COMMANDS))


def message():
    path = os.path.join(anchor(), rng.choice(["send", "recv", "trysend", "tryrecv", "stdin", "stdout", "wait"]))
    if path.endswith(("send", "stdin")):
        fd = os.open(path, os.O_WRONLY)
        act = lambda: os.write(fd, os.urandom(rng.choice([1, 100, 4096, 70_000])))
    else:
        fd = os.open(path, os.O_RDONLY)
        act = lambda: os.read(fd, rng.choice([1, 100, 65536]))
    try:
        for _ in range(rng.randrange(1, 4)):
            act()
    finally:
        os.close(fd)


def killed_while_it_waits():
    # Where the timer went off now, the child would be left over, and wait on.
    signal.setitimer(signal.ITIMER_REAL, 0)
    child = os.fork()
    if child == 0:
        try:
            message()
        finally:
            os._exit(0)
    time.sleep(rng.random() * 0.02)
    os.kill(child, rng.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP]))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def list_root():
    began = time.monotonic()
    os.listdir(mount)
    listings.append(1000 * (time.monotonic() - began))


def list_with_attributes():
    with os.scandir(anchor()) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)


def poll():
    fds = [opened() for _ in range(3)]
    try:
        waiting = select.poll()
        for fd in fds:
            waiting.register(fd, rng.randrange(64))
        waiting.poll(rng.randrange(20))
    finally:
        for fd in fds:
            os.close(fd)


def mapped(fd):
    mmap.mmap(fd, 4096, access=mmap.ACCESS_READ).close()


OPERATIONS = {
    "mkdir": lambda: os.mkdir(anchor()),
    "rmdir": lambda: os.rmdir(anchor()),
    "command": command,
    "message": message,
    "kill": killed_while_it_waits,
    "ls": list_root,
    "ls -l": list_with_attributes,
    "stat": lambda: os.lstat(file()),
    "statvfs": lambda: os.statvfs(anchor()),
    "access": lambda: os.access(file(), rng.randrange(8)),
    "hold": hold,
    "use": use_held,
    "poll": poll,
    "read": lambda: open_and(lambda fd: os.read(fd, rng.choice([0, 1, 100, 1 << 20]))),
    "pread": lambda: open_and(lambda fd: os.pread(fd, 100, rng.choice([0, 1, 1 << 40]))),
    "pwrite": lambda: open_and(lambda fd: os.pwrite(fd, rng.choice(COMMANDS), rng.choice([0, 1, 1 << 40]))),
    "lseek": lambda: open_and(lambda fd: os.lseek(fd, rng.choice([0, 1, 1 << 40]), rng.randrange(5))),
    "mmap": lambda: open_and(mapped),
    "flock": lambda: open_and(lambda fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)),
    "lockf": lambda: open_and(lambda fd: fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)),
    "fsync": lambda: open_and(os.fsync),
    "fallocate": lambda: open_and(lambda fd: os.posix_fallocate(fd, 0, 10)),
    "truncate": lambda: os.truncate(file(), rng.choice([0, 1, 1 << 40])),
    "chmod": lambda: os.chmod(file(), rng.randrange(0o10000)),
    "chown": lambda: os.chown(file(), rng.choice([0, 1]), 0),
    "utime": lambda: os.utime(file()),
    "rename": lambda: os.rename(file(), file()),
    "link": lambda: os.link(file(), file()),
    "symlink": lambda: os.symlink("target", file()),
    "readlink": lambda: os.readlink(rng.choice([file(), os.path.join(mount, ".self")])),
    "unlink": lambda: os.unlink(file()),
    "mknod": lambda: os.mknod(file(), rng.choice([stat.S_IFREG, stat.S_IFIFO]) | 0o600),
    "setxattr": lambda: os.setxattr(file(), "user.name", b"value"),
    "listxattr": lambda: os.listxattr(file()),
    "bind": lambda: socket.socket(socket.AF_UNIX).bind(anchor()[:100]),
}
OFTEN = ["command", "message", "mkdir", "hold", "use", "kill", "ls"]


def attempt(operation):
    """How it ended. The timer may go off at any time until it is taken back."""
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.choice([0.01, 0.05, 0.2]))
            operation()
            return "done"
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error.errno))
        except ValueError:
            return "ValueError"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except Interrupted:
        return "interrupted"


signal.signal(signal.SIGALRM, interrupt)
end = time.monotonic() + seconds
while time.monotonic() < end:
    name = rng.choice(OFTEN if rng.random() < 0.4 else list(OPERATIONS))
    outcomes[f"{name} {attempt(OPERATIONS[name])}"] += 1
signal.signal(signal.SIGALRM, signal.SIG_IGN)

for fd in held:
    attempt(lambda: os.close(fd))
print(json.dumps({"outcomes": outcomes, "listings": listings}))
