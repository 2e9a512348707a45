import createDebug from 'debug';
import { asCircuitError, CircuitError } from '../base/error.js';
import { within } from '../base/interruptible.js';
import { redact } from '../base/redact.js';
import type { CircuitClient } from '../client/client.js';
import { parsePath } from '../client/path.js';
import type { Sink, Source } from '../kinds/control-file.js';
import { CALL_TIMEOUT_MS } from '../transport/limits.js';
import { type DialOptions, dial } from './dial.js';
import { verbs, waitableFiles } from './verbs.js';

const debug = createDebug('circuit:select');

/**
 * `circuit select FILE…`: prints those that are ready, as soon as one is. As with poll(2), a file that
 * breaks while it is waited for (its element is scrubbed, its member lost) is ready, too: its next
 * user learns at once what is wrong. The files are closed with the client.
 */
export async function select(paths: readonly string[], options: DialOptions): Promise<void> {
  for (const path of paths) parsePath(path);
  await using client = await dial(options);
  const files = await Promise.all(paths.map((path) => about(path, open(client, path))));
  const states = await Promise.all(files.map((file) => about(file.path, file.ready())));
  const ready = files.filter((_file, index) => states[index]);
  const chosen = ready.length > 0 ? ready : await waitForAny(client, files);
  process.stdout.write(chosen.map(({ path }) => `${path}\n`).join(''));
}

/** A control file that can be waited for. */
interface OpenFile {
  /** As it was given. */
  readonly path: string;
  /** Whether a read, or a write, would be answered at once. */
  ready(): Promise<boolean>;
  /** Resolves when that may be so. */
  whenReady(): Promise<void>;
}

/** @throws CircuitError EINVAL (no file to wait for), ENOENT */
async function open(client: CircuitClient, path: string): Promise<OpenFile> {
  const names = [...parsePath(path)];
  const name = names.pop() ?? '';
  if (names.length === 0) throw notToWaitFor();
  const place = client.anchor(`/${names.join('/')}`);
  const { files: here } = await place.describe();
  // One that is not there now says why when it is used.
  const type = (here[name] ?? verbs().find((verb) => verb.name === name))?.type;
  const files = await place.files();
  switch (type) {
    case 'source':
      return openFile(path, files.source(name));
    case 'sink':
      // For append: that we close it is not to be the end of an input.
      return openFile(path, files.sink(name, { append: true }));
    case 'log': {
      // There is always something in a log: it is ready when more comes.
      const log = files.log(name);
      const { end } = await log.extent();
      const ready = async () => (await log.extent()).end > end;
      return { path, ready, whenReady: () => log.whenBeyond(end) };
    }
    default:
      throw notToWaitFor();
  }
}

function openFile(path: string, file: Source | Sink): OpenFile {
  return { path, ready: () => file.ready(), whenReady: () => file.whenReady() };
}

function notToWaitFor(): CircuitError {
  return new CircuitError('EINVAL', `not a file to wait for; those are ${waitableFiles()}`);
}

/** The first to be ready, and those that are at the same moment. */
async function waitForAny(
  client: CircuitClient,
  files: readonly OpenFile[],
): Promise<readonly OpenFile[]> {
  debug('waiting for %d files', files.length);
  const ready = new Set<OpenFile>();
  const waits = files.map(async (file) => {
    await untilReady(file);
    ready.add(file);
  });
  await Promise.race(waits);
  if (!client.isOpen) throw new CircuitError('EHOSTUNREACH', client.whyClosed);
  return files.filter((file) => ready.has(file));
}

async function untilReady(file: OpenFile): Promise<void> {
  try {
    do await file.whenReady();
    while (!(await file.ready()));
  } catch {
    // Its next user is told what is wrong.
  }
}

/** The answer to a first question about a file, which must be there, and whose member must answer. */
async function about<T>(path: string, answer: Promise<T>): Promise<T> {
  const late = new CircuitError('EHOSTUNREACH', `no answer within ${CALL_TIMEOUT_MS / 1000} s`);
  try {
    return await within(answer, CALL_TIMEOUT_MS, late);
  } catch (error) {
    const { code, message } = asCircuitError(error);
    throw new CircuitError(code, `${redact(path)}: ${message}`, { cause: error });
  }
}
