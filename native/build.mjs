/**
 * Compiles the addon with a C compiler alone: into dist/native/fuse.node for this machine, and as
 * `build.mjs prebuilt` into dist/native/prebuilt/ for the machines that packages serve. The headers
 * are those of the package node-api-headers, so neither node-gyp nor Node's own headers are needed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const outputFolder = fileURLToPath(new URL('../dist/native/', import.meta.url));

const inputs = readdirSync(source).filter((name) => /\.[ch]$|^build\.mjs$/.test(name));

const OWN_COMPILER = 'gcc libc6-dev';

/** The architectures of packages, by Node's names, with Debian's packages of their cross compilers. */
const PREBUILT = {
  x64: { compiler: 'x86_64-linux-gnu-gcc', packages: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross' },
  arm64: {
    compiler: 'aarch64-linux-gnu-gcc',
    packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
  },
};

/**
 * One file serves glibc and musl. Node has loaded a C library already, so the addon names none
 * (DT_NEEDED) and no version of a symbol: ld.so then takes the oldest version that a symbol has
 * (check_match in glibc's elf/dl-lookup.c). A symbol that is missing fails the load (-z now), not a
 * later call. Fortified functions (__memcpy_chk and the like) are glibc's alone.
 */
const PORTABLE = ['-nostdlib', '-Wl,-z,now', '-s', '-U_FORTIFY_SOURCE'];

/** The functions of libgcc that gcc calls instead ask glibc for the processor's abilities. */
const PORTABLE_ARM64 = ['-mno-outline-atomics'];

function upToDate(output) {
  const made = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return inputs.every((name) => statSync(join(source, name)).mtimeMs <= made);
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function works(compiler) {
  return spawnSync(compiler, ['--version']).status === 0;
}

/** The compiler for an architecture, and what to do where there is none. */
function compilerFor(arch) {
  if (arch === process.arch) {
    const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].filter(Boolean).find(works);
    const advice = `install one with "apt-get install ${OWN_COMPILER}"`;
    if (compiler !== undefined) return { compiler, advice };
    fail(`circuit's FUSE addon needs a C compiler: ${advice}, or name yours in $CC.`);
  }
  const { compiler, packages } = PREBUILT[arch];
  const advice = `install it with "apt-get install ${packages}"`;
  if (works(compiler)) return { compiler, advice };
  fail(`circuit's FUSE addon for ${arch} needs the cross compiler ${compiler}: ${advice}.`);
}

function build({ arch, output, compiler, advice }) {
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const unfinished = `${output}.${process.pid}.tmp`;
  mkdirSync(dirname(output), { recursive: true });
  const { status, stderr } = spawnSync(
    compiler,
    [
      ...['-std=gnu11', '-O2', '-Wall', '-Wextra', '-fPIC', '-shared', '-pthread'],
      ...['-fvisibility=hidden', ...PORTABLE, ...(arch === 'arm64' ? PORTABLE_ARM64 : [])],
      ...['-I', headers, '-o', unfinished],
      ...inputs.filter((name) => name.endsWith('.c')).map((name) => join(source, name)),
      // Other architectures may need what a compiler has for missing instructions.
      '-lgcc',
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    if (/(No such file or directory|file not found|cannot find)/.test(stderr)) {
      fail(`circuit's FUSE addon needs the C library's headers: ${advice}.`);
    }
    fail(`${stderr}circuit's FUSE addon could not be compiled with ${compiler}.`);
  }
  process.stderr.write(stderr);
  renameSync(unfinished, output);
}

const addons =
  process.argv[2] === 'prebuilt'
    ? Object.keys(PREBUILT).map((arch) => ({ arch, file: `prebuilt/linux-${arch}/fuse.node` }))
    : [{ arch: process.arch, file: 'fuse.node' }];
addons
  .map(({ arch, file }) => ({ arch, output: join(outputFolder, file) }))
  .filter(({ output }) => !upToDate(output))
  .map((each) => ({ ...each, ...compilerFor(each.arch) }))
  .forEach(build);
