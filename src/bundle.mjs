/**
 * Bundles the command `circuit` into dist/bin, and compiles it: reading a hundred modules and
 * compiling them would take longer than most commands do. Its manual goes into dist/man.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';

/**
 * Cap'n Web asks of every value whether it is one of these, which Node loads when they are
 * first named: an eighth of the time that a command takes, and 6 MB. We send none of them.
 */
const NEVER_SENT = ['Blob', 'Headers', 'ReadableStream', 'Request', 'Response', 'WritableStream'];

/**
 * Two lines, shell and JavaScript both, make the launcher a command. Node raises the soft limit of
 * open files before any code of ours runs (PlatformInit in its src/node.cc), and only what runs
 * before Node can tell how it was: see src/kinds/proc/inheritance.ts.
 */
const COMMAND = `#!/bin/sh
':' //; export CIRCUIT_NOFILE="$(ulimit -S -n)"; exec node "$0" "$@"
`;

/**
 * Modules of Node that most commands never use, though a module of ours or a library's names
 * them: they are loaded when they are used.
 */
const SELDOM_USED = /require\("((?:node:)?(?:child_process|module|v8|zlib))"\)/g;

const LAZILY = 'const lazily = (name) => new Proxy({}, { get: (_, key) => require(name)[key] });';

/** @param {import('esbuild').BuildOptions} options */
function bundle(options) {
  return build({
    outdir: 'dist/bin',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'warning',
    ...options,
  });
}

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
await rm('dist/bin', { recursive: true, force: true });
await bundle({
  entryPoints: { circuit: 'dist/src/cli/launcher.cjs' },
  banner: { js: COMMAND },
});
await chmod('dist/bin/circuit.cjs', 0o755);
await bundle({
  entryPoints: { main: 'dist/src/cli/circuit.js' },
  // The launcher calls this function.
  banner: { js: `(function (require, importMetaUrl) { ${LAZILY}` },
  footer: { js: '})' },
  define: {
    'import.meta.url': 'importMetaUrl',
    PACKAGE_VERSION: JSON.stringify(version),
    // msgpackr would look for an addon, which is not beside the bundle.
    'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"',
    ...Object.fromEntries(NEVER_SENT.map((name) => [`${name}.prototype`, 'undefined'])),
  },
});

const main = 'dist/bin/main.cjs';
await writeFile(main, (await readFile(main, 'utf8')).replaceAll(SELDOM_USED, 'lazily("$1")'));
await keepCode();
await writeManual();

/** Writes the manual pages, which are dated by SOURCE_DATE_EPOCH (reproducible-builds.org) where it is set. */
async function writeManual() {
  const [{ manual }, { program }] = await Promise.all([
    import('../dist/src/cli/manual.js'),
    import('../dist/src/cli/main.js'),
  ]);
  const { SOURCE_DATE_EPOCH: epoch } = process.env;
  const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
  await rm('dist/man', { recursive: true, force: true });
  await mkdir('dist/man');
  for (const [name, page] of manual(await program(), date)) {
    await writeFile(join('dist/man', name), page);
  }
}

/**
 * Keeps the code that V8 makes of what `circuit ls` and `circuit start` call. What is called
 * beside that is compiled then: to read the code of all functions would take longer.
 */
async function keepCode() {
  const directory = await mkdtemp(join(tmpdir(), 'circuit-'));
  // Nothing of the user's: a daemon must not announce itself with a build.
  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: directory };
  const keeping = { ...env, CIRCUIT_KEEP_CODE: 'dist/bin' };
  const start = ['start', '-a', '127.0.0.1:0', '--no-mount'];
  try {
    // One that keeps its code has read what the one before kept, and adds its own.
    const daemon = circuit(start, env);
    await ended(circuit(['ls', '-d', await firstLine(daemon)], keeping));
    daemon.kill();
    await ended(daemon);
    const other = circuit(start, keeping);
    await firstLine(other);
    other.kill();
    await ended(other);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Runs the command that was bundled. */
function circuit(args, env) {
  const argv = ['--require', './src/keep-code.cjs', 'dist/bin/circuit.cjs', ...args];
  return spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function firstLine(child) {
  const printed = once(child.stdout, 'data').then(String);
  return (await Promise.race([printed, ended(child)])).trim();
}

/** @throws Error with what it complains of, if it fails */
async function ended(child) {
  const [complaint, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (status !== 0) throw new Error(`no code is kept: ${complaint}`);
  return '';
}
