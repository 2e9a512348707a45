/**
 * A process of its own: sends or receives messages of 64 bytes through a file, opening it for each
 * one, and answers how many a second.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { answerFigures } from '../figures.js';

const MESSAGES = 200;

const data = Buffer.alloc(64, 'x');
const buffer = Buffer.alloc(4096);

await answerFigures({ send: (file) => rateOf(send, file), recv: (file) => rateOf(receive, file) });

function rateOf(run: (file: string) => void, file: string): number {
  // The other side may begin later: the first message is not counted.
  run(file);
  const started = performance.now();
  for (let i = 1; i < MESSAGES; i += 1) run(file);
  return (MESSAGES - 1) / ((performance.now() - started) / 1000);
}

function send(file: string): void {
  const fd = openSync(file, 'w');
  writeSync(fd, data);
  closeSync(fd);
}

function receive(file: string): void {
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
