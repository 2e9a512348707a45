import { chmodSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Janitor } from '../../../janitor.js';
import { mount } from '../../../mount/mounted.js';
import { deferred, ToyDirectory } from '../../../mount/toy.js';
import { openDescriptors, script, start, startAlone, textOf, until, zombies } from './started.js';

// Before the first process is started, since the environment is taken once.
process.env.CIRCUIT_HMAC = '/secret';
process.env.ORDINARY = 'yes';

test('a process gets its arguments unchanged: spaces, newlines, UTF-8, empty ones', async (t) => {
  const args = ['a b', 'c\nd', 'příliš žluťoučký 🐎', '', '"\'\\$x'];
  const process = await start(t, { Path: 'printf', Args: ['%s|', ...args] });
  t.is(await textOf(process.stdout), args.map((arg) => `${arg}|`).join(''));
});

test('without Env a process inherits the environment less its secrets', async (t) => {
  const environment = await textOf((await start(t, { Path: 'env' })).stdout);
  t.regex(environment, /^ORDINARY=yes$/m);
  t.regex(environment, /^PATH=/m);
  t.notRegex(environment, /CIRCUIT_/);
});

test('Env is all of the environment', async (t) => {
  const env = { Path: 'env', Env: ['A=1', 'CIRCUIT_X=given'] };
  t.is(await textOf((await start(t, env)).stdout), 'A=1\nCIRCUIT_X=given\n');
  t.is(await textOf((await start(t, { Path: 'env', Env: [] })).stdout), '');
});

test('Dir is the working directory, and a Path with a slash is relative to it', async (t) => {
  const { directory } = new Janitor(t);
  writeFileSync(join(directory, 'here'), '#!/bin/sh\npwd\n', { mode: 0o755 });
  const process = await start(t, { Path: './here', Dir: directory });
  t.is(await textOf(process.stdout), `${realpathSync(directory)}\n`);
});

test('a process leads a session and a group, has three descriptors, and no signal is blocked or ignored', async (t) => {
  const shell = await script(t, 'cut -d" " -f5,6 /proc/$$/stat; ls /proc/$$/fd');
  t.is(await textOf(shell.stdout), `${shell.pid} ${shell.pid}\n0\n1\n2\n`);
  const Args = ['-E', 'Sig(Blk|Ign)', '/proc/self/status'];
  const signals = await textOf((await start(t, { Path: 'grep', Args })).stdout);
  t.is(signals, 'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
});

test('the standard streams are pipes: /dev/stdout and /dev/stderr can be opened', async (t) => {
  const process = await script(t, 'echo out > /dev/stdout; echo err > /dev/stderr');
  t.is(await textOf(process.stdout), 'out\n');
  t.is(await textOf(process.stderr), 'err\n');
});

test.serial(
  'a program that cannot be run fails with errno and a sentence, and leaves nothing',
  async (t) => {
    const { directory } = new Janitor(t);
    const [plain, script] = [join(directory, 'plain'), join(directory, 'script')];
    writeFileSync(plain, 'text', { mode: 0o755 });
    writeFileSync(script, '#!/nonexistent/interpreter\n', { mode: 0o755 });
    const locked = join(directory, 'locked');
    writeFileSync(locked, '#!/bin/sh\n');
    chmodSync(locked, 0o644);
    mkdirSync(join(directory, 'folder'));
    const failures: [command: object, code: string, names: RegExp][] = [
      [{ Path: 'no-such-program' }, 'ENOENT', /"no-such-program" in the daemon's PATH/],
      [{ Path: '/no/such/program' }, 'ENOENT', /"\/no\/such\/program"/],
      [{ Path: '/etc/passwd/x' }, 'ENOENT', /"\/etc\/passwd\/x"/],
      [{ Path: script }, 'ENOENT', /script.*interpreter/],
      [{ Path: locked }, 'EACCES', /locked" may not be executed/],
      [{ Path: join(directory, 'folder') }, 'EACCES', /folder" may not be executed/],
      [{ Path: plain }, 'EACCES', /plain" is not a program/],
      [{ Path: 'ls', Dir: '/no/such/directory' }, 'ENOENT', /directory "\/no\/such\/directory"/],
      [{ Path: 'ls', Dir: '/etc/passwd' }, 'ENOTDIR', /"\/etc\/passwd" is not a directory/],
      [{ Path: 'ls', Args: ['x'.repeat(200_000)] }, 'EINVAL', /too long/],
    ];
    const before = openDescriptors();
    for (const [command, code, names] of failures) {
      t.like(await t.throwsAsync(startAlone(command), { message: names }), {
        name: 'CircuitError',
        code,
      });
    }
    t.deepEqual(zombies(), []);
    t.is(openDescriptors(), before);
  },
);

test.serial(
  '200 short processes at once all report the right exit, and leave nothing',
  async (t) => {
    await (await startAlone({ Path: 'true' })).scrub();
    const before = openDescriptors();
    const processes = await Promise.all(
      Array.from({ length: 200 }, (_, status) =>
        startAlone({ Path: 'sh', Args: ['-c', `exit ${status}`] }),
      ),
    );
    await Promise.all(processes.map((process) => process.exited));
    t.deepEqual(
      processes.map((process) => process.exit),
      Array.from({ length: 200 }, (_, status) => String(status)),
    );
    t.deepEqual(zombies(), []);
    await Promise.all(processes.map((process) => process.scrub()));
    t.true(openDescriptors() <= before);
  },
);

class HungDirectory extends ToyDirectory {
  readonly asked = deferred<void>();

  override lookup(): Promise<never> {
    this.asked.resolve();
    return new Promise(() => undefined);
  }
}

for (const where of ['Dir', 'Path'] as const) {
  test.serial(
    `a ${where} in a mount that does not answer blocks nothing, and can be given up`,
    async (t) => {
      const root = new HungDirectory(0);
      const { directory } = await mount(t, root);
      const before = openDescriptors();
      const interrupt = new AbortController();
      const hung = startAlone({ Path: 'ls', [where]: join(directory, 'hung') }, interrupt.signal);
      const failure = t.throwsAsync(hung);
      // It is this event loop that hears of the lookup, and then starts another process.
      await root.asked.promise;
      const other = await startAlone({ Path: 'sh', Args: ['-c', 'exit 7'] });
      await other.exited;
      t.is(other.exit, '7');
      await other.scrub();
      interrupt.abort();
      t.like(await failure, { code: 'EINTR' });
      await until(() => openDescriptors() === before);
      t.deepEqual(zombies(), []);
    },
  );
}

test('a start that is interrupted before it begins fails with EINTR', async (t) => {
  const error = await t.throwsAsync(startAlone({ Path: 'ls' }, AbortSignal.abort()));
  t.like(error, { code: 'EINTR' });
});
