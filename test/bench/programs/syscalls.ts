/**
 * A process of its own: repeats an operation on a path, and answers with the median of how long it
 * took, in microseconds. `calls` is how often the last one was repeated.
 */
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { answerFigures } from '../figures.js';
import { median } from '../median.js';

/** How long one measurement takes, in milliseconds. */
const DURATION_MS = 100;

const KIB = 1024;
const buffer = Buffer.alloc(KIB * KIB);

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
    readSync(fd, buffer, 0, 64 * KIB, null);
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

/** The file stays open. */
const ofOpenFiles: Record<string, { flags: 'r' | 'w'; run: (fd: number) => void }> = {
  'read of 4 KiB': { flags: 'r', run: (fd) => readSync(fd, buffer, 0, 4 * KIB, 0) },
  'read of 1 MiB': { flags: 'r', run: (fd) => readSync(fd, buffer, 0, KIB * KIB, 0) },
  'write of 4 KiB': { flags: 'w', run: (fd) => writeSync(fd, buffer, 0, 4 * KIB) },
  'write of 1 MiB': { flags: 'w', run: (fd) => writeSync(fd, buffer, 0, KIB * KIB) },
};

let calls = 0;

await answerFigures({
  ...Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [name, (path) => medianTime(() => run(path))]),
  ),
  ...Object.fromEntries(
    Object.entries(ofOpenFiles).map(([name, { flags, run }]) => [
      name,
      (path) => {
        const fd = openSync(path, flags);
        const time = medianTime(() => run(fd));
        closeSync(fd);
        return time;
      },
    ]),
  ),
  calls: () => calls,
});

function medianTime(run: () => void): number {
  const times: number[] = [];
  const end = performance.now() + DURATION_MS;
  while (performance.now() < end) {
    const started = process.hrtime.bigint();
    run();
    times.push(Number(process.hrtime.bigint() - started) / 1000);
  }
  calls = times.length;
  return median(times);
}
