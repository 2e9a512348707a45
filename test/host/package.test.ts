import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Document } from '../docs/documents.js';
import { CIRCUIT_ENV, Cluster, TestDaemon } from './cluster.js';

const ROOT = join(import.meta.dirname, '../../..');

const OPERATING = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8');

/** The first major version that runs no scripts of the packages that it installs. */
const NPM = 'npm@12.2.2';

/** The files that `npm pack` reads, besides node_modules. */
const SOURCES =
  'CHANGELOG.md CONTRIBUTING.md LICENSE README.md SECURITY.md dist docs examples mount native package.json src test';

/** The programs in the package, which users copy into a project. */
const EXAMPLES = ['wait-first.ts', 'watchbot.ts', 'mysql-nodejs/tutorial.ts'];

/** Type-checks only where the types of the library are known, and not `any`. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
import { type CircuitClient, dial } from 'circuitfs';

const circuit: CircuitClient = await dial(readFileSync('address', 'utf8'));
// @ts-expect-error
console.log(circuit.self satisfies number);
for (const { name, state } of circuit.members()) console.log(name, state);
circuit.close();
`;

test('a package is installed without compiler, network or scripts, or without npm, and mounts; its library has its types', async (t) => {
  const cluster = new Cluster(t);
  const [package_, npm] = await Promise.all([pack(cluster), fetchNpm(cluster)]);

  const bin = cluster.mkdir('bin');
  symlinkSync(CIRCUIT_ENV.NODE, join(bin, 'node'));
  symlinkSync('/bin/sh', join(bin, 'sh'));
  const project = cluster.mkdir('project');
  const mountpoint = cluster.mkdir('mnt');
  const env = { HOME: project, PATH: `${project}/node_modules/.bin:${bin}` };
  const run = (...argv: readonly string[]) => cluster.run(argv, { cwd: project, env });

  // The lines for hosts without npm, which docs/operating.md has.
  const local = cluster.mkdir('local');
  cluster.mkdir('local/bin');
  const [lines = ''] =
    /(?<=^```text\n)umask 022; mkdir -p \/usr\/local\/lib.*?(?=^```)/ms.exec(OPERATING) ?? [];
  const script = lines.replaceAll('/usr/local', local).replace(/circuitfs-\S*\.tgz/, package_);
  t.is((await cluster.sh(`set -eu; ${script}`)).stderr, '');
  const unpacked = await run(join(local, 'bin/circuit'), '--version');
  t.true(package_.endsWith(`-${unpacked.stdout.trim()}.tgz`), unpacked.stdout + unpacked.stderr);

  writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n');
  // Without what npm and its configuration have put into our environment.
  const only = ['/usr/bin/env', '-i', ...Object.entries(env).map((each) => each.join('='))];
  const { stdout, stderr } = await run(...only, 'node', npm, 'install', '--offline', package_);
  t.regex(stdout, /^\nadded 1 package[^\n]*\n(\nfound 0 vulnerabilities\n)?$/);
  // npm says so of older Nodes than it knows.
  t.is(stderr.replace(/^npm warn cli .* does not support Node\.js .*\n/m, ''), '');

  const installed = join(project, 'node_modules/circuitfs');
  for (const { path, links } of Document.all()) {
    for (const file of [path, ...links.map((link) => link.replace(/#.*/, ''))]) {
      t.true(existsSync(join(installed, file)), `${path}: ${file}`);
    }
  }

  const start = 'exec circuit start -a 127.0.0.1:0 -m "$0" 2> log';
  const shell = cluster.spawn(['sh', '-c', start, mountpoint], { cwd: project, env });
  const daemon = new TestDaemon(shell, mountpoint, join(project, 'log'));
  const address = await daemon.ready;
  const { stdout: listed } = await run('circuit', 'ls', '-d', address);
  t.regex(listed, /^\/X\w+\n$/);
  t.is((await cluster.run(['ls', mountpoint])).stdout, listed.slice(1));
  const echo = ['exec', '-n', '-d', address, `${listed.trim()}/echo`, '--', 'sh', '-c'];
  t.is((await run('circuit', ...echo, 'echo a process')).stdout, 'a process\n');

  writeFileSync(join(project, 'address'), address);
  writeFileSync(join(project, 'program.ts'), PROGRAM);
  writeFileSync(join(project, 'tsconfig.json'), TSCONFIG);
  for (const example of EXAMPLES)
    cpSync(join(installed, 'examples', example), join(project, example));
  const tsc = [join(ROOT, 'node_modules/.bin/tsc')];
  t.is((await cluster.run(tsc, { cwd: project })).stdout, '');
  const name = listed.slice(1, -1);
  t.is((await run('node', 'program.js')).stdout, `${name}\n${name} alive\n`);
  const first = await run('node', 'wait-first.js', 'address', 'sh', '-c', 'echo an example');
  t.regex(first.stdout, /an example/);
  t.is(await daemon.stop(), 0);
});

/** The library's declarations are checked, too. */
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    strict: true,
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  },
});

/** Gives the path of its command. */
async function fetchNpm(cluster: Cluster): Promise<string> {
  const folder = cluster.mkdir('npm');
  const argv = ['npm', 'install', '--silent', '--prefer-offline', '--prefix', folder, NPM];
  const { status, stderr } = await cluster.run(argv);
  if (status !== 0) throw new Error(stderr);
  return join(folder, 'node_modules/npm/bin/npm-cli.js');
}

/** Runs `npm pack` on a copy, since it compiles: other tests use what is compiled. */
async function pack(cluster: Cluster): Promise<string> {
  const copy = cluster.mkdir('copy');
  for (const name of [...SOURCES.split(' '), 'tsconfig.json']) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  const modules = cluster.mkdir('copy/node_modules');
  // By a link the compiler would find other paths, and compile everything anew.
  const script = `mount --bind "$0" "$1" && exec npm pack --silent`;
  const argv = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script];
  const { stdout, stderr } = await cluster.run([...argv, join(ROOT, 'node_modules'), modules], {
    cwd: copy,
  });
  const [name = ''] = stdout.trim().split('\n').slice(-1);
  if (!name.endsWith('.tgz')) throw new Error(stdout + stderr);
  return join(copy, name);
}
