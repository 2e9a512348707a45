import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Cluster, collect, exitOf, within } from '../host/cluster.js';

const PROGRAMS = join(import.meta.dirname, 'programs');

/** How long one measurement may take, in milliseconds. */
const LIMIT_MS = 120_000;

/**
 * A program that stays, and measures when it is asked: it reads from its standard input the name of
 * a figure, and on what to measure it, and prints a number. So V8 compiles its code once, and not in
 * each round.
 */
export class Figures {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #gone: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (!child.stdout) throw new Error('the program has no standard output');
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const errors = collect(child.stderr);
    this.#gone = exitOf(child).then(async (status): Promise<never> => {
      throw new Error(`the program ended (${status}): ${await errors}`);
    });
    this.#gone.catch(() => {});
  }

  /** @param argv Begins with what {@link programArgv} gives, or a command that runs that. */
  static start(cluster: Cluster, argv: readonly string[]): Figures {
    return new Figures(cluster.spawn(argv));
  }

  async ask(figure: string, argument = ''): Promise<number> {
    this.#child.stdin?.write(`${figure}\t${argument}\n`);
    const answer = this.#answers.next();
    // Where the output ends, the program has ended, or does so now.
    const line = answer.then(({ value, done }) => (done ? this.#gone : value));
    const first = Promise.race([line, this.#gone]);
    return Number(await within(LIMIT_MS, first, () => `${figure} was not measured`));
  }
}

/** The program's side: answers until its standard input ends, and ends the program. */
export async function answerFigures(
  figures: Readonly<Record<string, (argument: string) => number | Promise<number>>>,
): Promise<never> {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name = '', argument = ''] = line.split('\t');
    const measure = figures[name];
    if (!measure) throw new Error(`there is no figure ${name}`);
    process.stdout.write(`${await measure(argument)}\n`);
  }
  process.exit();
}

/** How to run one of the bench's own programs. */
export function programArgv(name: string, ...args: readonly string[]): string[] {
  return [process.execPath, join(PROGRAMS, name), ...args];
}
