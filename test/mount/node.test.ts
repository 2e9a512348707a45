import { readFile } from 'node:fs/promises';
import test from 'ava';
import { mountMailbox } from './mailbox.js';
import { emptyDirectory, python, run } from './mounted.js';

/** A file of the project, from dist/test/mount. */
function source(path: string): Promise<string> {
  return readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

test('the head comment of the node API shows the example that these tests mount', async (t) => {
  const [head = ''] = (await source('mount/node.ts')).split('*/');
  const indented = head.split('\n').filter((line) => /^ \*( {5}|$)/.test(line));
  const shown = indented.map((line) => line.slice(' *     '.length)).join('\n');
  const [, example = ''] = (await source('test/mount/mailbox.ts')).split(/^\/\*\*.*\*\/\n/);
  t.true(shown.includes(example.replaceAll("'../../mount/", "'./").trimEnd()));
});

test('the example serves a cached file, and a stream with a message for each reader', async (t) => {
  const directory = await emptyDirectory(t);
  const session = await mountMailbox(directory);
  t.teardown(() => session.unmount());
  const poll = `
import os, select, sys
fd = os.open(sys.argv[1] + '/mail', os.O_RDWR | os.O_NONBLOCK)
ready = lambda: select.select([fd], [], [], 0)[0] != []
print(ready())
os.write(fd, b'one'); os.write(fd, b'two')
print(ready(), os.read(fd, 9).decode(), os.read(fd, 9).decode(), ready())
try: os.read(fd, 9)
except BlockingIOError: print('EAGAIN')
`;
  const { stdout, stderr } = await python(t, poll, directory).outcome;
  t.is(stdout, 'False\nTrue one two False\nEAGAIN\n', stderr);
  const script = 'cat "$1/help"; echo hi > "$1/mail" & dd if="$1/mail" bs=9 count=1 status=none';
  t.is((await run(t, script, directory)).stdout, 'echo hi > mail & cat\nhi\n');
  t.regex((await run(t, 'ls "$1"; cat "$1/none"', directory)).stderr, /No such file/);
});
