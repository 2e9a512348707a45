/**
 * Bundles the command `circuit` into dist/bin, and compiles it: reading a hundred modules and
 * compiling them would take longer than most commands do. The library is bundled into dist/library,
 * so that the package needs no other: dependencies may have scripts that npm warns of.
 */
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { keepCode } from './keep-code.mjs';
import { writeManual } from './write-manual.mjs';

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

const { version, engines } = JSON.parse(await readFile('package.json', 'utf8'));

/** Known when they are bundled, so that neither the command nor the library has to find it out. */
const KNOWN = {
  PACKAGE_VERSION: JSON.stringify(version),
  ...Object.fromEntries(NEVER_SENT.map((name) => [`${name}.prototype`, 'undefined'])),
  // ws would look for an addon, which nobody has installed.
  'process.env.WS_NO_BUFFER_UTIL': '"true"',
};

/**
 * Modules of Node that most commands never use, though a module of ours or a library's names
 * them: they are loaded when they are used.
 */
const SELDOM_USED = /require\("((?:node:)?(?:child_process|module|v8|zlib))"\)/g;

const LAZILY = 'const lazily = (name) => new Proxy({}, { get: (_, key) => require(name)[key] });';

/** A library is imported, but packages of CommonJS in it require modules of Node. */
const REQUIRE = 'const require = process.getBuiltinModule;';

/** The engine's client is a file of its own: daemons that make no containers do not read it. */
const ENGINE_CLIENT = './docker-modem.cjs';

/**
 * Parts of the engine's client that we do not use: engines that are reached by SSH, whose library is
 * native, certificates, and a record of all that is sent and answered.
 */
const UNUSED_BY_ENGINE_CLIENT = {
  './ssh': '',
  'split-ca': '',
  debug: 'module.exports = () => () => {};',
};

/** @param {RegExp} filter @param {import('esbuild').OnResolveResult | (path: string) => string} to */
function replaced(filter, to) {
  return {
    name: 'replaced',
    setup({ onResolve, onLoad }) {
      if (typeof to !== 'function') return onResolve({ filter }, () => to);
      onResolve({ filter }, ({ path }) => ({ path, namespace: 'replaced' }));
      onLoad({ filter, namespace: 'replaced' }, ({ path }) => ({ contents: to(path) }));
    },
  };
}

/** The folders of the packages that are in a bundle. */
const packages = new Set();

/** @param {import('esbuild').BuildOptions} options */
async function bundle(options) {
  const { metafile } = await build({
    bundle: true,
    platform: 'node',
    logLevel: 'warning',
    metafile: true,
    ...options,
  });
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const [folder] = /^node_modules\/(@[^/]+\/)?[^/]+/.exec(file) ?? [];
      if (folder !== undefined && bytesInOutput > 0) packages.add(folder);
    }
  }
}

/** @param {import('esbuild').BuildOptions} options */
function bundleCommand(options) {
  return bundle({
    outdir: 'dist/bin',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    ...options,
  });
}

/** The licences that go with the bundles, each with the package that it is of. */
async function licenses() {
  const texts = [...packages].sort().map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e\b/i.test(each));
    if (file === undefined) throw new Error(`${folder} has no licence that could be bundled`);
    const text = await readFile(`${folder}/${file}`, 'utf8');
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}

for (const folder of ['dist/bin', 'dist/library']) {
  await rm(folder, { recursive: true, force: true });
}
await bundleCommand({
  entryPoints: { circuit: 'dist/src/cli/launcher.cjs' },
  banner: { js: COMMAND },
  // Node 12 does not know it; the launcher says what it needs there, too.
  supported: { 'node-colon-prefix-require': false },
  define: { OLDEST_NODE: JSON.stringify(engines.node.replace('>=', '')) },
});
await chmod('dist/bin/circuit.cjs', 0o755);
await bundleCommand({
  entryPoints: { main: 'dist/src/cli/circuit.js' },
  // The launcher calls this function.
  banner: { js: `(function (require, importMetaUrl) { ${LAZILY}` },
  footer: { js: '})' },
  define: { ...KNOWN, 'import.meta.url': 'importMetaUrl' },
  plugins: [replaced(/^docker-modem$/, { path: ENGINE_CLIENT, external: true })],
});
await bundleCommand({
  entryPoints: { 'docker-modem': 'node_modules/docker-modem/lib/modem.js' },
  plugins: [
    replaced(/^(\.\/ssh|split-ca|debug)$/, (path) => UNUSED_BY_ENGINE_CLIENT[path]),
    replaced(/^readable-stream$/, { path: 'node:stream', external: true }),
  ],
  // Which engine it is says `circuit start --docker`, and nothing else.
  define: { 'process.env.DOCKER_HOST': 'undefined' },
});
const main = 'dist/bin/main.cjs';
await writeFile(main, (await readFile(main, 'utf8')).replaceAll(SELDOM_USED, 'lazily("$1")'));
await keepCode();
await writeManual();
await bundle({
  entryPoints: { index: 'dist/src/client/index.js' },
  outdir: 'dist/library',
  format: 'esm',
  banner: { js: REQUIRE },
  define: KNOWN,
  // A program of the library asks a daemon for its containers.
  plugins: [replaced(/^docker-modem$/, () => '')],
});
await writeFile('dist/third-party-licenses.txt', await licenses());
