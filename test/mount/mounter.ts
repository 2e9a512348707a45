/** A process of its own: `mounter DIR [TTL]` mounts a small file system until SIGTERM. */
import { codeOf } from '../../mount/errno.js';
import { findMounts } from '../../mount/mounting/mount-table.js';
import { Session } from '../../mount/session.js';
import { ToyDirectory, textFile } from './toy.js';

const root = new ToyDirectory(Number(process.argv[3] ?? 60));
// The process that started this one is gone: the test was interrupted.
process.stdin
  .once('end', () => process.exit())
  .resume()
  .unref();
root.entries.set('hello', textFile('hello\n'));
try {
  const options = { fsname: 'toy,fs', subtype: 'circuittest' };
  const session = await Session.mount(root, process.argv[2] ?? '', options);
  process.once('SIGTERM', () => void session.unmount());
  process.stdout.write('mounted\n');
  await session.ended;
  const left = await findMounts(session.mountpoint);
  process.stdout.write(`left: ${left.length}\n`);
} catch (error) {
  process.stderr.write(`${codeOf(error)} ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
