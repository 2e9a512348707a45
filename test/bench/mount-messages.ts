/**
 * A process of its own: `mount-messages send|recv COUNT FILE` sends or receives
 * messages of 64 bytes through a file, opening it for each one, and prints how many a
 * second.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const [verb, count = '0', file = ''] = process.argv.slice(2);
const messages = Number(count);
const data = Buffer.alloc(64, 'x');
const buffer = Buffer.alloc(4096);
const run = verb === 'send' ? send : receive;

// The other side may begin later: the first message is not counted.
run();
const started = performance.now();
for (let i = 1; i < messages; i += 1) run();
process.stdout.write(`${(messages - 1) / ((performance.now() - started) / 1000)}\n`);

function send(): void {
  const fd = openSync(file, 'w');
  writeSync(fd, data);
  closeSync(fd);
}

function receive(): void {
  const fd = openSync(file, 'r');
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer);
    if (count === 0) break;
    length += count;
  }
  closeSync(fd);
  if (length !== data.length) throw new Error(`a message of ${length} bytes`);
}
