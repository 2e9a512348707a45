/**
 * A process of its own: `simple-files MODULE HOST DIR` mounts four files on DIR by a host of the FUSE
 * library of which MODULE is the session, and prints `mounted`. What a host of mount/ costs by itself, without a
 * circuit; libfuse3-files.c is the same in C.
 */
import type { Directory, File, Handle, Node } from '../../../mount/node.js';
import type { Session as MountSession } from '../../../mount/session.js';

/** The longest read(2) of `source`, in bytes. */
const LONGEST = 1024 * 1024;

const [module = '', host = '', directory = ''] = process.argv.slice(2);
const { Session }: { Session: typeof MountSession } = await import(module);

const text = Buffer.from(
  'a line of text, of as many bytes as the address of a member, some eighty in all\n',
);
const zeros = Buffer.alloc(LONGEST);

const entries = new Map<string, Node>([
  [
    'hello',
    file(0o444, text.length, {
      io: 'direct',
      read: (offset, size) => text.subarray(offset, offset + size),
    }),
  ],
  ['source', file(0o444, 0, { io: 'direct', read: (_offset, size) => zeros.subarray(0, size) })],
  ['sink', file(0o222, 0, { io: 'direct', write: () => undefined })],
  [
    'wait',
    file(0o444, 0, {
      io: 'stream',
      read: (_offset, _size, _nonblock, caller) => withdrawn(caller.signal),
    }),
  ],
]);

/** Entries are asked for each time, and so is what does not exist. Their list is kept. */
const root: Directory = {
  kind: 'directory',
  ttl: 3600,
  negativeTtl: 0,
  attributes: () => ({ mode: 0o755, size: 0, mtime: 1n }),
  list: () => entries,
  lookup: (name) => entries.get(name),
  watch: () => ({ [Symbol.dispose]() {} }),
};

const session = await Session.mount(root, directory, {
  fsname: 'simple',
  subtype: 'simple',
  host: host === 'fuse-native' ? host : 'native',
});
process.stdout.write('mounted\n');
process.once('SIGTERM', () => session.unmount());

function file(mode: number, size: number, handle: Handle): File {
  return {
    kind: 'file',
    ttl: 0,
    attributes: () => ({ mode, size, mtime: 1n }),
    open: () => handle,
  };
}

function withdrawn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
