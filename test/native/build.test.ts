import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs a copy of the build script, with `args`, in a directory of its own. */
async function build(t: ExecutionContext, env: NodeJS.ProcessEnv, ...args: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'circuit-build-'));
  t.teardown(() => rm(directory, { recursive: true }));
  await cp(join(repository, 'native'), join(directory, 'native'), { recursive: true });
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
  const run = async () => {
    const child = spawn(process.execPath, [join(directory, 'native', 'build.mjs'), ...args], {
      env,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [status] = await once(child, 'close');
    return { status, stderr };
  };
  return { run, output: join(directory, 'dist', 'native') };
}

test('the build compiles the addon without a warning, and does nothing if it is up to date', async (t) => {
  const { run, output } = await build(t, process.env);
  t.deepEqual(await run(), { status: 0, stderr: '' });
  const { mtimeMs } = await stat(join(output, 'fuse.node'));
  t.deepEqual(await run(), { status: 0, stderr: '' });
  t.is((await stat(join(output, 'fuse.node'))).mtimeMs, mtimeMs);
});

test('without a compiler the build fails with one sentence that says what to install', async (t) => {
  const { run } = await build(t, { PATH: '/nonexistent' });
  const { status, stderr } = await run();
  t.is(status, 1);
  t.regex(stderr, /^[^\n]*apt-get install gcc libc6-dev[^\n]*\n$/);
});

test('without a cross compiler the addons for a package fail with one sentence that says what to install', async (t) => {
  const { run } = await build(t, { PATH: '/nonexistent', CC: '/bin/true' }, 'prebuilt');
  const { status, stderr } = await run();
  t.is(status, 1);
  const packages = 'gcc-(x86-64|aarch64)-linux-gnu libc6-dev-(amd64|arm64)-cross';
  t.regex(stderr, new RegExp(`^[^\\n]*apt-get install ${packages}[^\\n]*\\n$`));
});

test('the addons of a package need no library and no version of a symbol, and no more than glibc 2.28 and musl have', async (t) => {
  const { run, output } = await build(t, process.env, 'prebuilt');
  t.deepEqual(await run(), { status: 0, stderr: '' });
  const [musl = ''] = (await readdir('/lib')).filter((name) => name.startsWith('ld-musl-'));
  const inMusl = new Set((await symbols(join('/lib', musl))).map(({ name }) => name));
  for (const [arch, machine, compiler] of [
    ['x64', 'X86-64', 'x86_64-linux-gnu-gcc'],
    ['arm64', 'AArch64', 'aarch64-linux-gnu-gcc'],
  ] as const) {
    const addon = join(output, `prebuilt/linux-${arch}/fuse.node`);
    t.regex(await readelf('--file-header', addon), new RegExp(`Machine: .*${machine}`));
    const dynamic = await readelf('--dynamic', addon);
    t.regex(dynamic, /BIND_NOW/);
    t.notRegex(dynamic, /NEEDED/);
    t.regex(await readelf('--version-info', addon), /^\s*No version information found/);

    const { stdout: glibc } = await execFileAsync(compiler, ['-print-file-name=libc.so.6']);
    const inGlibc = new Set(
      (await symbols(glibc.trim()))
        .filter(({ version }) => Number(/^GLIBC_2\.(\d+)/.exec(version)?.[1]) <= 28)
        .map(({ name }) => name),
    );
    const needed = (await symbols(addon))
      .filter(({ section, binding }) => section === 'UND' && binding === 'GLOBAL')
      .map(({ name }) => name);
    const foreign = needed.filter((name) => !/^(napi|uv)_/.test(name));
    t.true(foreign.length > 10);
    t.deepEqual(
      [foreign.filter((name) => !inGlibc.has(name)), foreign.filter((name) => !inMusl.has(name))],
      [[], []],
    );
  }
});

const execFileAsync = promisify(execFile);

async function readelf(what: string, file: string): Promise<string> {
  const { stdout } = await execFileAsync('readelf', ['--wide', what, file], { maxBuffer: 2 ** 24 });
  return stdout;
}

/** The dynamic symbols of a file, each once for each of its versions. */
async function symbols(file: string) {
  const lines = (await readelf('--dyn-syms', file)).split('\n');
  return lines.flatMap((line) => {
    const [, , , , binding = '', , section = '', symbol = ''] = line.trim().split(/\s+/);
    const [name = '', version = ''] = symbol.split(/@+/);
    return name === '' ? [] : [{ name, version, section, binding }];
  });
}
