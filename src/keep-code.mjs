import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * Keeps the code that V8 makes of what `circuit ls` and `circuit start` call. What is called
 * beside that is compiled then: to read the code of all functions would take longer.
 */
export async function keepCode() {
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
  const argv = ['--require', './src/code-keeper.cjs', 'dist/bin/circuit.cjs', ...args];
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
