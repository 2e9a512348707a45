import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * Keeps the code that V8 makes of the functions that `circuit start` and `circuit ls` call. All others
 * are compiled when they are called: to read the code of all would take longer.
 */
export async function keepCode() {
  const directory = await mkdtemp(join(tmpdir(), 'circuit-'));
  try {
    const daemon = circuit(directory, 'daemon', ['start', '-a', '127.0.0.1:0', '--no-mount']);
    const address = await firstLine(daemon);
    await ended(circuit(directory, 'command', ['ls', '-d', address]));
    daemon.kill();
    await ended(daemon);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Runs the command that was bundled, and keeps its code as NAME.cache. */
function circuit(directory, name, args) {
  const argv = ['--require', './src/build/keep-code-at-exit.cjs', 'dist/bin/circuit.cjs', ...args];
  // Nothing of the user's: a daemon must not announce itself with a build.
  const env = {
    PATH: process.env.PATH,
    XDG_RUNTIME_DIR: directory,
    CIRCUIT_KEEP_CODE: `dist/bin/${name}.cache`,
  };
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
