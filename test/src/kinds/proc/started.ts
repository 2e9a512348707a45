/** Processes for the tests: each is scrubbed after its test, whatever happens. */
import { readdirSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import type { Source } from '../../../../src/kinds/control-file.js';
import { parseCommand } from '../../../../src/kinds/proc/command.js';
import type { ProcessOutput } from '../../../../src/kinds/proc/output.js';
import { ProcessElement } from '../../../../src/kinds/proc/process-element.js';
import { Janitor } from '../../../janitor.js';

// They inherit its mark, so that nothing is left of them where the tests are killed, either.
const { mark } = new Janitor({ teardown: (end) => test.after.always(end) });
Object.assign(process.env, mark);

/** One that its test scrubs itself. */
export async function startAlone(command: object, signal?: AbortSignal): Promise<ProcessElement> {
  return await ProcessElement.start(parseCommand(JSON.stringify(command)), signal);
}

export async function start(
  t: ExecutionContext,
  command: object,
  signal?: AbortSignal,
): Promise<ProcessElement> {
  const element = await startAlone(command, signal);
  t.teardown(() => element.scrub());
  return element;
}

/** A shell script; `$1` and so on are the arguments. */
export function script(t: ExecutionContext, text: string, ...args: readonly string[]) {
  return start(t, { Path: 'sh', Args: ['-c', text, 'sh', ...args] });
}

/** All that a reader gets until the end; it is never settled. */
export async function readAll(reader: Source, max = 128 * 1024): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await reader.read(max);
    if (chunk.length === 0) return Buffer.concat(chunks);
    chunks.push(chunk);
  }
}

export async function textOf(output: ProcessOutput): Promise<string> {
  return (await readAll(output.open())).toString();
}

/** Reads until exactly this much has come. */
export async function readExactly(reader: Source, size: number): Promise<string> {
  let text = '';
  while (text.length < size) {
    const chunk = await reader.read(size - text.length);
    if (chunk.length === 0) throw new Error(`the output ended after ${JSON.stringify(text)}`);
    text += Buffer.from(chunk).toString('latin1');
  }
  return text;
}

/** The processes for which this is true, by what /proc/PID/stat says after the name. */
function processes(matches: (state: string, parent: number, group: number) => boolean): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      let stat: string;
      try {
        stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      } catch {
        return false;
      }
      const [state = '', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return matches(state, Number(parent), Number(group));
    })
    .map(Number);
}

/** The living processes of a group. */
export function groupMembers(group: number): number[] {
  return processes((state, _parent, its) => its === group && state !== 'Z');
}

/** Children of ours that have ended and were not reaped. */
export function zombies(): number[] {
  return processes((state, parent) => parent === process.pid && state === 'Z');
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Gives the event loop turns until it is so; the test's timeout limits it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
