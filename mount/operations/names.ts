/** LOOKUP, MKDIR, RMDIR and CREATE: the requests about a name in a directory. */
import { constants } from 'node:os';
import { onFailure, whenReady } from '../awaitable.js';
import type { Answer, Delivery } from '../conversation/replies.js';
import type { Awaitable, Caller, Directory, Node } from '../node.js';
import { EntryOut } from '../wire/structs.js';
import { absentEntry, entryOut } from './attributes.js';
import type { Place, Run, Server } from './operation.js';

const { ENOENT, EPERM, ESTALE } = constants.errno;

export const lookup: Run<Place> = (server, place, _, caller) => {
  const { directory, name } = place;
  return whenReady(directory.lookup(name, caller), (node) => {
    if (node !== undefined) return entry(server, place, node, caller);
    return directory.negativeTtl > 0 ? absentEntry(directory.negativeTtl) : ENOENT;
  });
};

export const mkdir: Run<Place> = (server, place, _, caller) =>
  changeName(server, place, caller, place.directory.mkdir, (made) =>
    entry(server, place, made, caller),
  );

export const rmdir: Run<Place> = (server, place, _, caller) =>
  changeName(server, place, caller, place.directory.rmdir, () => {
    server.inodes.remove(place.parent, place.name);
    return { body: new Uint8Array(0), done: () => undefined };
  });

/** open(2) with O_CREAT, as of a shell's `>`, has found no such file. None can be created. */
export const create: Run<Place> = (_, { directory, name }, __, caller) =>
  whenReady(directory.lookup(name, caller), (node) => {
    // The file has come meanwhile: after ESTALE the kernel looks it up again, once (fs/namei.c).
    if (node !== undefined) return ESTALE;
    return whenReady(directory.create?.(name, caller), () => EPERM);
  });

function entry(
  { inodes, owner }: Server,
  { parent, name }: Place,
  node: Node,
  caller: Caller,
): Awaitable<Delivery> {
  return whenReady(node.attributes(caller), (attributes) => {
    const inode = inodes.lookup(parent, name, node);
    return {
      body: EntryOut.encode(entryOut(inode, attributes, owner)),
      done: (delivered) => {
        if (!delivered) inodes.forget(inode.nodeid, 1);
      },
    };
  });
}

/** Changes a name. The kernel learns of the change by the reply, or else by a notification. */
function changeName<T>(
  { notifications }: Server,
  { parent, directory, name }: Place,
  caller: Caller,
  change: ((this: Directory, name: string, caller: Caller) => Awaitable<T>) | undefined,
  answer: (result: T) => Awaitable<Delivery>,
): Awaitable<Answer> {
  if (change === undefined) return EPERM;
  const settled = notifications.hold(parent, name);
  const changed = onFailure(
    () => whenReady(change.call(directory, name, caller), answer),
    () => settled(false),
  );
  return whenReady(changed, ({ body, done }) => ({
    body,
    done: (delivered: boolean) => {
      done(delivered);
      settled(delivered);
    },
  }));
}
