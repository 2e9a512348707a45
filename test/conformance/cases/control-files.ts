/** The files of each directory, as the kinds' tables have them. */
import { REGISTRY } from '../../../src/kinds/registry.js';
import type { FileType } from '../../../src/kinds/table.js';
import { type Case, python, type Theme } from '../case.js';

/** The directories, and how each is made. A container needs an engine: test/host/containers.test.ts has it. */
const DIRECTORIES: ReadonlyMap<string, string> = new Map([
  ['member', `os.chdir(f'{ROOT}/{MEMBER}')`],
  ['anchor', ''],
  ['chan', `put('mkchan', '3')`],
  ['proc', `put('mkproc', '{"Path":"cat"}')`],
  ['dns', `put('mkdns', '127.0.0.1:0')`],
  ['@join', `put('mk@join', chr(10))`],
  ['@leave', `put('mk@leave', chr(10))`],
  ['note', `put('mknote', 'hello')`],
]);

/** Values that are others from one look to the next. */
const CHANGING = ['stk', 'peers', 'log'];

/** The files of a directory with the type of each, as a literal of Python. */
function table(directory: string): string {
  const described = REGISTRY.describe(directory)?.files ?? {};
  const types = REGISTRY.fileNames(directory).map((name): [string, FileType] => [
    name,
    described[name]?.type ?? 'value',
  ]);
  return JSON.stringify(Object.fromEntries(types));
}

/** The files of all elements are alike; the kinds' own tests have them on another member. */
const ON_BOTH = ['member', 'chan'];

function casesOf(directory: string, make: string): readonly Case[] {
  const setUp = `
${make}
TYPES = ${table(directory)}
CHANGING = ${JSON.stringify(CHANGING)}
MODE = {'command': 0o200, 'sink': 0o200, 'value': 0o400, 'source': 0o400, 'log': 0o400}
`;
  return [
    python(
      `${directory}: its files are those of the table, each with its mode, a link and its owner`,
      `${setUp}
import stat
entries = {e.name: e for e in os.scandir('.') if not e.is_dir()}
same(sorted(entries), sorted(TYPES))
for name, type in TYPES.items():
    seen = os.stat(name)
    mode = 0o444 if name == 'help' else MODE[type]
    same(oct(seen.st_mode), oct(stat.S_IFREG | mode), name)
    same((seen.st_nlink, seen.st_uid, seen.st_gid), (1, os.getuid(), os.getgid()), name)
    assert entries[name].is_file(follow_symlinks=False), name
    same((os.access(name, os.R_OK), os.access(name, os.X_OK)), (True, False), name)`,
      { once: !ON_BOTH.includes(directory) },
    ),
    python(
      `${directory}: a value has its exact size and ends with a newline, all others have size 0`,
      `${setUp}
for name, type in TYPES.items():
    if type == 'value':
        fd = os.open(name, os.O_RDONLY)
        text = rest(fd)
        same(os.fstat(fd).st_size, len(text), name)
        # A look waits 100 ms for another member, and shows 0 where it has not answered.
        if name not in CHANGING: until(lambda: os.stat(name).st_size == len(text), name)
        if text: assert text.endswith(b'\\n'), (name, text)
        same(os.pread(fd, 5, 2), text[2:7], name)
        same(os.read(fd, 1), b'', name)
    elif type == 'log': until(lambda: os.stat(name).st_size > 0)
    else: same(os.stat(name).st_size, 0, name)`,
    ),
    python(
      `${directory}: each file refuses what its mode does not allow, and every change of its name`,
      `${setUp}
for name, type in TYPES.items():
    readable = MODE[type] == 0o400
    same(code(os.open, name, os.O_WRONLY if readable else os.O_RDONLY), 'EACCES', name)
    same(code(os.open, name, os.O_RDWR), 'EACCES', name)
    for flags, why in [
        (os.O_DIRECTORY, 'ENOTDIR'),
        (os.O_WRONLY | os.O_CREAT | os.O_EXCL, 'EEXIST'),
    ]: same(code(os.open, name, flags), why, name, flags)
    same(code(os.stat, f'{name}/below'), 'ENOTDIR', name)
    same(code(os.unlink, name), 'EPERM', name)
    same(code(os.rename, name, f'{name}2'), 'EPERM', name)
    same(code(os.link, name, f'{name}2'), 'EPERM', name)
    same(code(os.mkdir, name), 'EEXIST', name)
    same(code(os.rmdir, name), 'ENOTDIR', name)
    same(code(os.chmod, name, 0o640), 'EPERM', name)
    same(code(os.chown, name, 12, 12), 'EPERM', name)
    same(code(os.execv, name, [name]), 'EACCES', name)
    same(code(os.truncate, name, 0), 'EACCES' if readable else 'ok', name)
    same(code(os.readlink, name), 'EINVAL', name)`,
      { once: !ON_BOTH.includes(directory) },
    ),
    python(
      `${directory}: each file opens as its mode says, and closes again, and nothing has happened`,
      `${setUp}
files = lambda: sorted(e.name for e in os.scandir('.') if e.is_file())
before = files()
for name, type in TYPES.items():
    for more in (0, os.O_NONBLOCK, os.O_CLOEXEC | os.O_NOFOLLOW, os.O_CREAT, os.O_APPEND, os.O_SYNC):
        # The input of a process ends with its last writer.
        if name == 'stdin' and more != os.O_APPEND: continue
        fd = os.open(name, (os.O_WRONLY if MODE[type] == 0o200 else os.O_RDONLY) | more)
        same(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE, os.O_WRONLY if MODE[type] == 0o200 else os.O_RDONLY)
        os.close(fd)
    if MODE[type] == 0o200 and name != 'stdin': os.close(os.open(name, os.O_WRONLY | os.O_TRUNC))
    os.close(os.open(name, os.O_PATH))
same(files(), before)`,
      { once: !ON_BOTH.includes(directory) },
    ),
  ];
}

export const controlFiles: Theme = {
  name: 'control files',
  cases: [...DIRECTORIES].flatMap(([directory, make]) => casesOf(directory, make)),
};
