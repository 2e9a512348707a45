import createDebug from 'debug';
import { asCircuitError, CircuitError } from '../base/error.js';
import { within } from '../base/interruptible.js';
import { redact } from '../base/redact.js';
import type { CircuitClient } from '../client/client.js';
import { CALL_TIMEOUT_MS } from '../transport/limits.js';
import { type DialOptions, dial } from './dial.js';
import { parsePath } from './path.js';
import { openStreamFile, type StreamFile } from './stream-file.js';

const debug = createDebug('circuit:select');

/**
 * `circuit select FILE…`: prints those that are ready, as soon as one is. As with
 * poll(2), what breaks while it is waited for (its element is scrubbed, its member
 * lost) is ready, too: whoever uses it need not wait to hear what is wrong.
 */
export async function select(paths: readonly string[], options: DialOptions): Promise<void> {
  const places = paths.map((path) => ({ path, names: parsePath(path) }));
  await using client = await dial(options);
  const files = await Promise.all(
    places.map(({ path, names }) => about(path, openStreamFile(client, path, names))),
  );
  const asked = await Promise.all(
    files.map(async (file) => ({ file, ready: await about(file.path, file.ready()) })),
  );
  const ready = asked.filter((answer) => answer.ready).map(({ file }) => file);
  const chosen = ready.length > 0 ? ready : await waitForAny(client, files);
  for (const file of files) file.close();
  process.stdout.write(chosen.map(({ path }) => `${path}\n`).join(''));
}

/** The first to be ready, and those that are at the same moment. */
async function waitForAny(
  client: CircuitClient,
  files: readonly StreamFile[],
): Promise<readonly StreamFile[]> {
  debug('waiting for %d files', files.length);
  const ready = new Set<StreamFile>();
  const waits = files.map(async (file) => {
    await untilReady(file);
    ready.add(file);
  });
  await Promise.race(waits);
  if (!client.isOpen) throw new CircuitError('EHOSTUNREACH', client.whyClosed);
  return files.filter((file) => ready.has(file));
}

async function untilReady(file: StreamFile): Promise<void> {
  try {
    do await file.whenReady();
    while (!(await file.ready()));
  } catch {
    // Whoever reads or writes it is told what is wrong.
  }
}

/** What is asked of a file at first: it must be there, and its member must answer. */
async function about<T>(path: string, answer: Promise<T>): Promise<T> {
  const late = new CircuitError('EHOSTUNREACH', `no answer within ${CALL_TIMEOUT_MS / 1000} s`);
  try {
    return await within(answer, CALL_TIMEOUT_MS, late);
  } catch (error) {
    const { code, message } = asCircuitError(error);
    throw new CircuitError(code, `${redact(path)}: ${message}`, { cause: error });
  }
}
