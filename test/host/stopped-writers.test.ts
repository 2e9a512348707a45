import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cluster } from './cluster.js';

/** Runs a script of Python in a member's directory, here and of another member; it prints `done`. */
async function everywhere(t: ExecutionContext, script: string, ...args: string[]) {
  const cluster = new Cluster(t);
  const a = await cluster.start();
  await cluster.start('-j', a.address);
  const names = readdirSync(a.mountpoint).filter((name) => name.startsWith('X'));
  t.is(names.length, 2);
  for (const name of names) {
    const cwd = join(a.mountpoint, name);
    const argv = ['python3', '-c', `${TOOLS}${script}\nprint('done')`, ...args];
    const result = await cluster.run(argv, { cwd, timeout: 60_000 });
    t.deepEqual([result.stdout, result.status], ['done\n', 0], result.stderr);
  }
}

/** Starts writers in a session of their own, and waits for what the kernel shows of them. */
const TOOLS = `
import os, signal, subprocess, sys, time

def start(script):
    return subprocess.Popen(script, start_new_session=True, shell=isinstance(script, str),
                            stderr=subprocess.PIPE)

def group(process):
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try: fields = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
        except OSError: continue
        if int(fields[2]) == process.pid and fields[0] != 'Z': found.append((pid, fields[0]))
    return found

def call(pid):
    try: return open(f'/proc/{pid}/syscall').read().split()[0]
    except OSError: return ''

def until(look):
    deadline = time.monotonic() + 50
    while not look():
        assert time.monotonic() < deadline, 'it has not come to that'
        time.sleep(0.005)

WRITE = '1'
def writes(process): return any(call(pid) == WRITE for pid, _ in group(process))
def stopped(process): return all(state == 'T' for _, state in group(process))

def stop(process):
    until(lambda: writes(process))
    os.killpg(process.pid, signal.SIGSTOP)
    until(lambda: stopped(process))

def go_on(process):
    os.killpg(process.pid, signal.SIGCONT)
    until(lambda: not stopped(process))

def over(process):
    status = process.wait(50)
    return status, process.stderr.read().decode()
`;

/**
 * Each sends `hello` to the channel in the working directory, and closes its output itself. gawk leaves that to
 * exit(2), in which no signal arrives.
 */
const SENDERS = [
  ['bash', '-c', 'echo hello > c/send'],
  ['bash', '-c', 'printf "hello\\n" > c/send'],
  ['sh', '-c', 'exec /usr/bin/printf "hello\\n" > c/send'],
  ['sh', '-c', 'echo hello | tee c/send > /dev/null'],
  ['sh', '-c', 'exec mawk "BEGIN { print \\"hello\\" }" > c/send'],
  ['python3', '-c', 'open("c/send", "w").write("hello\\n")'],
];

test('a sender that is stopped while it waits, and continued, has sent its message', async (t) => {
  await everywhere(
    t,
    `
import json
os.mkdir('c')
open('c/mkchan', 'w').write('0\\n')
for sender in json.loads(sys.argv[1]):
    process = start(sender)
    for time_and_again in range(2):
        if time_and_again: until(lambda: not writes(process))
        else: stop(process)
        go_on(process)
    assert process.poll() is None, 'it waits for a receiver'
    assert subprocess.check_output(['cat', 'c/recv']) == b'hello\\n', sender
    assert over(process) == (0, ''), sender`,
    JSON.stringify(SENDERS),
  );
});

test('a sender that is killed after it was stopped, or interrupted in its close, has sent nothing', async (t) => {
  await everywhere(
    t,
    `
import json
os.mkdir('c')
open('c/mkchan', 'w').write('0\\n')
for sender in json.loads(sys.argv[1]):
    for ending in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        process = start(sender)
        stop(process)
        if ending == signal.SIGINT:
            go_on(process)
            until(lambda: not writes(process))
        os.killpg(process.pid, ending)
        os.killpg(process.pid, signal.SIGCONT)
        over(process)
        received = subprocess.run(['cat', 'c/tryrecv'], capture_output=True)
        assert received.stdout == b'', (sender, ending)
        assert b'Resource temporarily unavailable' in received.stderr, (sender, ending)
        assert json.load(open('c/peek'))['NumSend'] == 0`,
    JSON.stringify(SENDERS),
  );
});

test('a long message whose stopped sender gives up is broken off, never cut short with a clean end', async (t) => {
  await everywhere(
    t,
    `
os.mkdir('c')
# A place in the buffer, which takes the beginning of the message.
open('c/mkchan', 'w').write('1\\n')
for ending in (signal.SIGKILL, signal.SIGINT):
    process = start(['dd', 'if=/dev/zero', 'of=c/send', 'bs=900000', 'count=1', 'status=none'])
    stop(process)
    if ending == signal.SIGINT:
        go_on(process)
        until(lambda: not writes(process))
    os.killpg(process.pid, ending)
    os.killpg(process.pid, signal.SIGCONT)
    over(process)
    receiver = subprocess.Popen(['cat', 'c/recv'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    open('c/send', 'w').write('next')
    seen, said = receiver.communicate(timeout=50)
    if seen != b'next': assert b'Input/output error' in said, (ending, len(seen))
    else: assert said == b''
    if seen != b'next': assert subprocess.check_output(['cat', 'c/recv']) == b'next'`,
  );
});

test('what a stopped writer has written is no more in the way of poll(2) when it is taken', async (t) => {
  await everywhere(
    t,
    `
import select
os.mkdir('c')
open('c/mkchan', 'w').write('0\\n')
process = start(['python3', '-c', '''
import os, select
fd = os.open("c/send", os.O_WRONLY)
os.write(fd, b"one ")
room = select.poll()
room.register(fd, select.POLLOUT)
assert room.poll(50_000) == [(fd, select.POLLOUT)]
os.set_blocking(fd, False)
assert os.write(fd, b"two") == 3
os.close(fd)'''])
stop(process)
go_on(process)
until(lambda: not writes(process))
assert subprocess.check_output(['cat', 'c/recv']) == b'one two'
assert over(process) == (0, '')`,
  );
});

test('what a stopped writer has written arrives in order, and is not given up by a second stop', async (t) => {
  await everywhere(
    t,
    `
os.mkdir('c')
open('c/mkchan', 'w').write('0\\n')
process = start(['python3', '-c', '''
import os
fd = os.open("c/send", os.O_WRONLY)
assert [os.write(fd, b"%d " % i) for i in range(3)] == [2, 2, 2]
os.close(fd)'''])
for i in range(2):
    stop(process)
    go_on(process)
    until(lambda: writes(process))
assert subprocess.check_output(['cat', 'c/recv']) == b'0 1 2 '
assert over(process) == (0, '')`,
  );
});

test('a stopped writer to the standard input of a process has written all of it', async (t) => {
  await everywhere(
    t,
    `
os.mkdir('p')
open('p/mkproc', 'w').write('{"Path":"sh","Args":["-c","read go; wc -c"]}')
process = start('(echo go; head -c 300000 /dev/zero) > p/stdin')
# The pipe is full, since nobody reads it while the shell is stopped.
open('p/signal', 'w').write('STOP\\n')
stop(process)
go_on(process)
open('p/signal', 'w').write('CONT\\n')
assert over(process) == (0, '')
assert subprocess.check_output(['cat', 'p/stdout']).split() == [b'300000']
process = start('echo more > p/stdin')
assert over(process)[0] != 0, 'the process has ended'`,
  );
});

test('Ctrl-Z stops a sender at once, and fg lets it go on', async (t) => {
  await everywhere(
    t,
    `
import pty
os.mkdir('c')
open('c/mkchan', 'w').write('0\\n')
shell, terminal = pty.fork()
if shell == 0: os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])
seen = b''
def shows(text):
    global seen
    while text not in seen: seen += os.read(terminal, 4096)
    seen = seen.split(text, 1)[1]
os.write(terminal, b'PS1=ready:; stty -echo\\n')
shows(b'ready:')
os.write(terminal, b'/usr/bin/printf hello > c/send; echo status=$?\\n')
def sends():
    for pid in open(f'/proc/{shell}/task/{shell}/children').read().split():
        if call(pid) == WRITE: return True
until(sends)
os.write(terminal, b'\\x1a')
shows(b'Stopped')
shows(b'ready:')
os.write(terminal, b'fg; echo status=$?\\n')
assert subprocess.check_output(['cat', 'c/recv']) == b'hello'
shows(b'status=0')
os.write(terminal, b'exit\\n')
os.waitpid(shell, 0)`,
  );
});
