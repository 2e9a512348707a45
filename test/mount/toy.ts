/** Nodes for the tests: a directory whose entries change by themselves, and files made of functions. */
export { deferred } from '../../mount/awaitable.js';

import type { Caller, Directory, File, Handle, Node, OpenMode } from '../../mount/node.js';

let lastId = 0;

export class ToyDirectory implements Directory {
  readonly kind = 'directory';
  readonly entries = new Map<string, Node>();
  /** How often each method was called. */
  readonly calls = { attributes: 0, lookup: 0, list: 0 };
  readonly watchers = new Set<(name: string, gone: boolean) => void>();
  readonly id: number;
  ttl: number;
  negativeTtl: number;
  #version = 1n;

  constructor(ttl = 60, negativeTtl = ttl) {
    this.ttl = ttl;
    this.negativeTtl = negativeTtl;
    lastId += 1;
    this.id = lastId;
  }

  attributes() {
    this.calls.attributes += 1;
    return { mode: 0o755, size: 0, mtime: this.#version };
  }

  lookup(name: string, _caller?: Caller): Node | undefined | Promise<Node | undefined> {
    this.calls.lookup += 1;
    return this.entries.get(name);
  }

  list() {
    this.calls.list += 1;
    return this.entries;
  }

  mkdir(name: string): Directory | Promise<Directory> {
    if (this.entries.has(name)) throw Object.assign(new Error('exists'), { code: 'EEXIST' });
    const made = new ToyDirectory(this.ttl, this.negativeTtl);
    this.set(name, made);
    return made;
  }

  rmdir(name: string): void {
    this.delete(name);
  }

  watch(changed: (name: string, gone: boolean) => void): Disposable {
    const watcher = (name: string, gone: boolean) => changed(name, gone);
    this.watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.watchers.delete(watcher) };
  }

  /** Adds an entry and tells the watchers. */
  set<N extends Node>(name: string, node: N): N {
    this.entries.set(name, node);
    this.#changed(name, false);
    return node;
  }

  delete(name: string): void {
    this.entries.delete(name);
    this.#changed(name, true);
  }

  #changed(name: string, gone: boolean): void {
    this.#version += 1n;
    for (const watcher of this.watchers) watcher(name, gone);
  }
}

/** A file with this content, which the kernel may keep. */
export function textFile(text: string, ttl = 60): File {
  const bytes = Buffer.from(text);
  return {
    ...node(ttl, 0o444, bytes.length),
    open: () => ({
      io: 'cached',
      read: (offset, size) => bytes.subarray(offset, offset + size),
    }),
  };
}

/** A file whose handles are made by a function; `mode` are its permission bits. */
export function openFile(
  mode: number,
  open: (mode: OpenMode, caller: Caller) => Handle | Promise<Handle>,
  ttl = 0,
): File {
  return { ...node(ttl, mode, 0), open };
}

function node(ttl: number, mode: number, size: number) {
  lastId += 1;
  return {
    kind: 'file',
    id: lastId,
    ttl,
    attributes: () => ({ mode, size, mtime: 1n }),
  } as const;
}

/** Calls `begun`, and rejects with EINTR when the caller gives up. */
export function blockUntilWithdrawn(
  caller: Caller,
  begun: (caller: Caller) => void,
): Promise<never> {
  return new Promise((_, reject) => {
    caller.signal.addEventListener('abort', () =>
      reject(Object.assign(new Error('interrupted'), { code: 'EINTR' })),
    );
    begun(caller);
  });
}
