/**
 * Bundles the command `circuit` into dist/bin, and compiles it: reading a hundred modules and
 * compiling them would take longer than most commands do.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
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

/** The code as V8 keeps it, of all functions, not only of those that are called at once. */
function compiled(source, filename) {
  setFlagsFromString('--no-lazy');
  const script = new Script(source, { filename });
  // Code is refused where the flags are not those that it was kept with.
  setFlagsFromString('--lazy');
  return script.createCachedData();
}

await rm('dist/bin', { recursive: true, force: true });
await bundle({
  entryPoints: { circuit: 'dist/src/cli/launcher.cjs' },
  banner: { js: COMMAND },
});
await chmod('dist/bin/circuit.cjs', 0o755);
await bundle({
  entryPoints: { main: 'dist/src/cli/circuit.js' },
  // The launcher calls this function.
  banner: { js: '(function (require, importMetaUrl) {' },
  footer: { js: '})' },
  define: {
    'import.meta.url': 'importMetaUrl',
    // msgpackr would look for an addon, which is not beside the bundle.
    'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"',
    ...Object.fromEntries(NEVER_SENT.map((name) => [`${name}.prototype`, 'undefined'])),
  },
});
const main = await readFile('dist/bin/main.cjs', 'latin1');
await writeFile('dist/bin/main.cache', compiled(main, 'main.cjs'));
