import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { socketPath } from '../../../../src/kinds/docker/socket-option.js';
import { Janitor } from '../../../janitor.js';

test('--docker takes the path of a socket, which may come later, and nothing else', async (t) => {
  const { directory } = new Janitor(t);
  const socket = join(directory, 'docker.sock');
  t.is(socketPath(undefined), '/var/run/docker.sock');
  t.is(socketPath(true), '/var/run/docker.sock');
  t.is(socketPath(socket), socket);
  t.is(socketPath(`unix://${socket}`), socket);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.is(socketPath(socket), socket);
  server.close();
  const file = join(directory, 'file');
  writeFileSync(file, '');
  for (const wrong of ['', 'unix://', 'tcp://127.0.0.1:2375', 'docker.sock', directory, file]) {
    const error = t.throws(() => socketPath(wrong), { code: 'EINVAL' });
    t.true(error?.message.includes(wrong === '' ? "not ''" : wrong), error?.message);
    t.true(error?.message.includes('/var/run/docker.sock'));
  }
});
