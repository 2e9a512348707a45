/** The example in the head comment of mount/node.ts. */
import { EventEmitter, once } from 'node:events';
import { type Directory, type File, PollEvents } from '../../mount/node.js';
import { Session } from '../../mount/session.js';

const messages: Uint8Array[] = [];
const arrivals = new EventEmitter();

const help: File = {
  kind: 'file',
  ttl: 3600,
  attributes: () => ({ mode: 0o444, size: 21, mtime: 0n }),
  open: () => ({ io: 'cached', read: () => Buffer.from('echo hi > mail & cat\n') }),
};

const mail: File = {
  kind: 'file',
  ttl: 0,
  attributes: () => ({ mode: 0o600, size: 0, mtime: 0n }),
  open: () => ({
    io: 'stream',
    write(data) {
      messages.push(Uint8Array.from(data));
      arrivals.emit('message');
      return undefined;
    },
    async read(_offset, size, nonblock, { signal }) {
      while (messages.length === 0) {
        if (nonblock) throw Object.assign(new Error('no message yet'), { code: 'EAGAIN' });
        await once(arrivals, 'message', { signal });
      }
      const [message = new Uint8Array()] = messages.splice(0, 1);
      if (message.length > size) messages.unshift(message.subarray(size));
      return message.subarray(0, size);
    },
    settled(data, delivered) {
      if (!delivered) messages.unshift(data);
    },
    poll(notify) {
      if (messages.length > 0) return PollEvents.in | PollEvents.out;
      if (notify) arrivals.once('message', notify);
      return PollEvents.out;
    },
  }),
};

const entries = new Map([
  ['help', help],
  ['mail', mail],
]);

const root: Directory = {
  kind: 'directory',
  ttl: 3600,
  negativeTtl: 3600,
  attributes: () => ({ mode: 0o755, size: 0, mtime: 0n }),
  list: () => entries,
  lookup: (name) => entries.get(name),
};

export function mountMailbox(directory: string): Promise<Session> {
  return Session.mount(root, directory, { fsname: 'mailbox', subtype: 'mailbox' });
}
