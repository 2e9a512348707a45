/**
 * A process of its own: repeats an operation on a path, and answers with the median of how long it
 * took, in microseconds.
 */
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { answerFigures } from '../figures.js';
import { median } from '../median.js';

/** How long one measurement takes, in milliseconds. */
const DURATION_MS = 100;

const buffer = Buffer.alloc(64 * 1024);

const operations: Record<string, (path: string) => void> = {
  stat: (path) => {
    statSync(path);
  },
  // Without the exception, which takes longer to make than the system call.
  lookup: (path) => {
    statSync(path, { throwIfNoEntry: false });
  },
  readdir: (path) => {
    readdirSync(path);
  },
  open: (path) => {
    const fd = openSync(path, 'r');
    readSync(fd, buffer);
    closeSync(fd);
  },
  write: (path) => {
    writeFileSync(path, '0\n');
  },
  /** Two commands, in an anchor without an element. */
  channel: (anchor) => {
    writeFileSync(join(anchor, 'mkchan'), '0\n');
    writeFileSync(join(anchor, 'scrub'), '\n');
  },
  process: (anchor) => {
    writeFileSync(join(anchor, 'mkproc'), '{"Path":"true"}\n');
    readFileSync(join(anchor, 'wait'));
    writeFileSync(join(anchor, 'scrub'), '\n');
  },
};

await answerFigures(
  Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [name, (path) => medianTime(() => run(path))]),
  ),
);

function medianTime(run: () => void): number {
  const times: number[] = [];
  const end = performance.now() + DURATION_MS;
  while (performance.now() < end) {
    const started = process.hrtime.bigint();
    run();
    times.push(Number(process.hrtime.bigint() - started) / 1000);
  }
  return median(times);
}
