/**
 * A process of its own: `syscalls OPERATION COUNT PATH` repeats one operation on
 * a path and prints the median, in microseconds.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { median } from './median.js';

const buffer = Buffer.alloc(64 * 1024);

const operations: Record<string, (path: string) => void> = {
  stat: (path) => {
    statSync(path);
  },
  // Without the exception, whose making takes longer than the system call.
  'failed lookup': (path) => {
    statSync(path, { throwIfNoEntry: false });
  },
  readdir: (path) => {
    readdirSync(path);
  },
  'open+read+close': (path) => {
    const fd = openSync(path, 'r');
    readSync(fd, buffer);
    closeSync(fd);
  },
};

const [operation = '', count = '', path = ''] = process.argv.slice(2);
const run = operations[operation];
if (!run) throw new Error(`no operation ${operation}`);
const times: number[] = [];
for (let i = 0; i < Number(count); i += 1) {
  const started = process.hrtime.bigint();
  run(path);
  times.push(Number(process.hrtime.bigint() - started) / 1000);
}
process.stdout.write(`${median(times)}\n`);
