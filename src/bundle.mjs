/**
 * Bundles the `circuit` command into dist/bin: reading a hundred modules would take longer
 * than most commands do.
 */
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * Cap'n Web asks of every value whether it is one of these, which Node loads when they are
 * first named: an eighth of the time that a command takes, and 6 MB. We send none of them.
 */
const NEVER_SENT = ['Blob', 'Headers', 'ReadableStream', 'Request', 'Response', 'WritableStream'];

/** For the dependencies that are CommonJS modules. */
const REQUIRE =
  'import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);';

await rm('dist/bin', { recursive: true, force: true });
await build({
  entryPoints: { circuit: 'dist/src/cli/main.js' },
  outdir: 'dist/bin',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
  banner: { js: REQUIRE },
  define: Object.fromEntries(NEVER_SENT.map((name) => [`${name}.prototype`, 'undefined'])),
});
