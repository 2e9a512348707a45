import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { Process, ProcessPeek, ProcessReader, ProcessWriter } from '../anchor/circuit.js';
import { asCircuitError, CircuitError, errorCode } from '../base/error.js';
import type { CircuitClient } from '../client/client.js';
import { parseCommand } from '../kinds/proc/command.js';
import { type DialOptions, dial } from './dial.js';
import { type Output, written } from './output.js';
import { anchorAt } from './path.js';

/** How much is read at once, in bytes. */
const CHUNK = 1024 * 1024;

/** Signals that `exec` passes on to the process. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export interface MakeProcessOptions extends DialOptions {
  readonly scrub?: boolean;
}

/** `circuit mkproc [--scrub] ANCHOR < COMMAND.json` */
export async function mkproc(path: string, options: MakeProcessOptions): Promise<void> {
  const given = await textOf(process.stdin);
  const command = options.scrub ? JSON.stringify({ ...parseCommand(given), Scrub: true }) : given;
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  using _made = await member.makeProcess(anchor, command);
}

/** `circuit signal SIGNAL ANCHOR` */
export async function signal(name: string, path: string, options: DialOptions): Promise<void> {
  await withProcess(path, options, (remote) => remote.signal(name));
}

/** `circuit wait ANCHOR`: prints how it ended. */
export async function wait(path: string, options: DialOptions): Promise<void> {
  await withProcess(path, options, async (remote) => {
    await print(`${JSON.stringify(await remote.wait(), undefined, 2)}\n`);
  });
}

/** `circuit waitall ANCHOR…`: prints each path with how it ended, in the order in which they do. */
export async function waitall(paths: readonly string[], options: DialOptions): Promise<void> {
  await using client = await dial(options);
  await Promise.all(paths.map(async (path) => print(await endOf(client, path))));
}

/** `circuit waitany ANCHOR…`: prints the path of the first that ends, with how. */
export async function waitany(paths: readonly string[], options: DialOptions): Promise<void> {
  await using client = await dial(options);
  const ends = paths.map((path) => endOf(client, path));
  // Those that go on end with the connection.
  for (const end of ends) end.catch(() => {});
  await print(await Promise.race(ends));
}

/** `circuit stdin ANCHOR`: our standard input becomes the process's. */
export async function stdin(path: string, options: DialOptions): Promise<void> {
  await withProcess(path, options, (remote) => copyIn(process.stdin, remote.stdin()));
}

/** `circuit stdout ANCHOR`, `circuit stderr ANCHOR` */
export async function output(
  name: 'stdout' | 'stderr',
  path: string,
  options: DialOptions,
): Promise<void> {
  await withProcess(path, options, (remote) => copyOut(remote.output(name), process.stdout));
}

export interface ExecOptions extends DialOptions {
  /** Whether our standard input is the process's; otherwise it has none, as with `ssh -n`. */
  readonly stdin: boolean;
}

/** Exit statuses of `exec` where there is no process, as of env(1) and of shells. */
const NO_SUCH_PROGRAM = 127;
const NOT_EXECUTABLE = 126;

/**
 * `circuit exec ANCHOR -- COMMAND ARG…`: a process whose streams and signals are
 * ours; exits as it does, and removes it.
 */
export async function exec(path: string, command: string[], options: ExecOptions): Promise<void> {
  const [Path, ...Args] = command;
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  using made = await member.attendProcess(anchor, JSON.stringify({ Path, Args })).catch((error) => {
    const code = errorCode(error);
    if (code === 'ENOENT') process.exitCode = NO_SUCH_PROGRAM;
    if (code === 'EACCES') process.exitCode = NOT_EXECUTABLE;
    throw error;
  });
  // Whoever reads may have enough before the process has ended, and it is to end then.
  process.stdout.removeAllListeners('error').on('error', () => {});
  try {
    process.exitCode = await attend(made, options.stdin);
  } catch (error) {
    // As of a command of this host. EINTR: we were suspended, and it was hung up meanwhile.
    const ended = { EPIPE: 'SIGPIPE', EINTR: 'SIGHUP' } as const;
    const code = errorCode(error);
    if (code !== 'EPIPE' && code !== 'EINTR') throw error;
    process.exitCode = 128 + constants.signals[ended[code]];
  } finally {
    // It may still be open, and would keep us here.
    if (options.stdin) process.stdin.destroy();
    await made.scrub();
  }
}

/** Connects our streams and signals to a process until it ends. @returns The exit status for ours. */
async function attend(remote: Process, hasStdin: boolean): Promise<number> {
  const interrupted = new Promise<number>((resolve) => {
    for (const name of FORWARDED) {
      process.on(name, () =>
        remote.signal(name).catch((error) => {
          // It has ended, and what it has left behind holds its output open.
          if (errorCode(error) === 'ESRCH') resolve(128 + constants.signals[name]);
        }),
      );
    }
  });
  let over = false;
  const stdin = remote.stdin();
  (hasStdin ? copyIn(process.stdin, stdin) : stdin.close()).catch((error) => {
    // It need not read what it is given, and will not when it has ended.
    if (over || errorCode(error) === 'EPIPE') return;
    process.stderr.write(`circuit: ${error.message}\n`);
  });
  const ended = Promise.all([
    remote.wait().then(statusOf),
    copyOut(remote.output('stdout'), process.stdout),
    copyOut(remote.output('stderr'), process.stderr),
  ]).then(([status]) => status);
  try {
    return await Promise.race([ended, interrupted]);
  } finally {
    over = true;
  }
}

/** As a shell has it. */
function statusOf({ Phase, Exit }: ProcessPeek): number {
  return Phase === 'signaled' ? 128 + signalNumber(Exit) : Number(Exit);
}

function signalNumber(name: string): number {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return numbers[`SIG${name}`] ?? 0;
}

async function endOf(client: CircuitClient, path: string): Promise<string> {
  const { member, anchor } = anchorAt(client, path);
  try {
    using remote = await member.process(anchor);
    const { Phase, Exit } = await remote.wait();
    return `${path} ${Phase} ${Exit}\n`;
  } catch (error) {
    // Of several it is to be known which.
    const { code, message } = asCircuitError(error);
    throw new CircuitError(code, `${path}: ${message}`);
  }
}

async function withProcess(
  path: string,
  options: DialOptions,
  run: (remote: Process) => Promise<void>,
): Promise<void> {
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  using remote = await member.process(anchor);
  await run(remote);
}

async function copyIn(from: Readable, to: ProcessWriter): Promise<void> {
  for await (const chunk of from) {
    for (let rest: Uint8Array = chunk; rest.length > 0; ) {
      const taken = await to.write(rest);
      if (taken === 0) throw new CircuitError('EPIPE', 'the process reads no more');
      rest = rest.subarray(taken);
    }
  }
  await to.close();
}

async function copyOut(from: ProcessReader, to: Output): Promise<void> {
  for (;;) {
    const data = await from.read(CHUNK);
    if (data.length === 0) break;
    await written(to, data);
    from.received(data.length);
  }
  from.close();
}

function print(text: string): Promise<void> {
  return written(process.stdout, text);
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
