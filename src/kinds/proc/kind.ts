import { LateText } from '../late-text.js';
import { redactEnvironment } from '../redact-environment.js';
import { command, json, jsonText, kind, sink, source, value } from '../table.js';
import { parseCommand } from './command.js';
import type { ProcessElement } from './process-element.js';

/**
 * A process of the member's host, which leads a session and a process group of its own.
 *
 * - `stdin` is a FIFO: the process sees the end of file when the last writer closes, but not after one
 *   that appends (`>>`).
 * - `stdout` and `stderr` are pipes: each byte goes to one reader, unread output holds the process
 *   back at 64 KiB and stays readable after its exit. With `"Retain": n` the last n bytes are kept
 *   instead, the process is never held back, and each reader gets these and then all that follow.
 * - A process outlives the programs that use it. `scrub` kills its group first.
 */
export const proc = kind<ProcessElement>('proc', {
  about: 'This anchor is a process.',
  noun: 'process',
  make: {
    file: 'mkproc',
    help: 'make it a process; Env, Scrub and Retain can be given, too',
    example: `echo '{"Path":"ls","Args":["-l"],"Dir":"/"}' > mkproc`,
    json: true,
    stdin: true,
    redact: redactEnvironment,
    flag: {
      name: '--scrub',
      key: 'Scrub',
      help: 'remove it when it ends, as by "Scrub": true in the command',
    },
    parse: (text) => {
      const parsed = parseCommand(text);
      return async (_place, signal) => {
        // It needs the addon, which the command line does without.
        const { ProcessElement } = await import('./process-element.js');
        return await ProcessElement.start(parsed, signal);
      };
    },
  },
  files: {
    cmd: json((process) => process.command, 'the command, as JSON'),
    stdin: sink(
      (process, options) => process.stdin.open(options),
      'write to it; its input ends when the last writer closes, unless it appends (>>)',
    ),
    stdout: source(
      (process) => process.stdout.open(),
      'its standard output; each byte goes to one reader, with Retain to every one',
    ),
    stderr: source(
      (process) => process.stderr.open(),
      'its standard error; each byte goes to one reader, with Retain to every one',
    ),
    wait: source(
      (process) =>
        new LateText(
          () => !process.alive,
          async () => {
            await process.exited;
            return `${jsonText(process.peek())}\n`;
          },
        ),
      'wait for its end, and show how it ended',
    ),
    signal: command(
      (process, name) => process.signal(name.trim()),
      'send a signal to its process group, by name or number',
      { example: 'echo TERM > signal', argument: '<SIGNAL>', first: true },
    ),
    pid: value((process) => String(process.pid), 'its process id'),
    phase: value((process) => process.phase, 'running, stopped, exited or signaled'),
    exit: value(
      (process) => process.exit,
      'its exit status, or the name of the signal that ended it',
    ),
    peek: json((process) => process.peek(), 'its state, as JSON'),
  },
});
