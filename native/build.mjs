/**
 * Compiles the addon into dist/native/fuse.node with the C compiler of the machine. The headers are
 * those of the package node-api-headers, so neither node-gyp nor Node's own headers are needed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('.', import.meta.url));
const outputFolder = fileURLToPath(new URL('../dist/native/', import.meta.url));
const output = join(outputFolder, 'fuse.node');

const inputs = readdirSync(source).filter((name) => /\.[ch]$|^build\.mjs$/.test(name));

function upToDate() {
  const made = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return inputs.every((name) => statSync(join(source, name)).mtimeMs <= made);
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function findCompiler() {
  const candidates = [process.env.CC, 'cc', 'gcc', 'clang'].filter(Boolean);
  return candidates.find((name) => spawnSync(name, ['--version']).status === 0);
}

function build() {
  const compiler = findCompiler();
  const advice = 'install one with "apt-get install gcc libc6-dev"';
  if (compiler === undefined) {
    fail(`circuit's FUSE addon needs a C compiler: ${advice}, or name yours in $CC.`);
  }
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const unfinished = join(outputFolder, `fuse.${process.pid}.tmp`);
  mkdirSync(outputFolder, { recursive: true });
  const { status, stderr } = spawnSync(
    compiler,
    [
      ...[
        '-std=gnu11',
        '-O2',
        '-Wall',
        '-Wextra',
        '-fPIC',
        '-shared',
        '-pthread',
        '-fvisibility=hidden',
      ],
      ...['-I', headers, '-o', unfinished],
      ...inputs.filter((name) => name.endsWith('.c')).map((name) => join(source, name)),
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

if (!upToDate()) build();
