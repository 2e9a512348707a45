/** The operations of libfuse, each made of the kernel's requests. */
import { constants } from 'node:os';
import type Fuse from 'fuse-native';
import { O_NONBLOCK, Opcode, OpenFlags, ROOT_ID, SetattrValid } from '../wire/constants.js';
import type { ValueOf } from '../wire/struct.js';
import {
  CreateIn,
  Dirent,
  EntryOut,
  FlushIn,
  MkdirIn,
  OpenIn,
  OpenOut,
  ReadIn,
  ReleaseIn,
  SetattrIn,
  StatfsOut,
  WriteIn,
  WriteOut,
} from '../wire/structs.js';
import { type Attr, errnoOfCall, Refusal, type Requests, viewOf } from './requests.js';

const { EBADF } = constants.errno;

/** Bytes of a listing that are asked for at once. */
const LISTING_BYTES = 1 << 16;

/** chown(2): this id stays as it is. */
const UNCHANGED = 0xffffffff;

/** The flags of OPEN and of its reply that matter to later reads and writes: libfuse does not repeat them. */
interface OpenFile {
  /** Without O_NONBLOCK 0. */
  readonly nonblock: number;
  readonly isStream: boolean;
  /** Whether the handle wants to know of a close(2). */
  readonly isFlushed: boolean;
}

export class Operations implements Fuse.Operations {
  readonly #requests: Requests;
  readonly #files = new Map<number, OpenFile>();

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  getattr(path: string, done: Fuse.Answer<Fuse.Stat>): void {
    answer(async () => statOf(await this.#requests.attributes(path)), done);
  }

  readdir(path: string, done: Fuse.Listed): void {
    const list = () => this.#requests.at(path, (nodeid) => this.#list(nodeid));
    answer(list, (error, entries = []) => {
      const names = entries.map(({ name }) => name);
      const stats = entries.map(({ type }) => ({ mode: type << 12 }));
      done(error, names, stats);
    });
  }

  readlink(path: string, done: Fuse.Answer<string>): void {
    this.#on(path, Opcode.READLINK, [], (target) => target.toString(), done);
  }

  statfs(_path: string, done: Fuse.Answer<Fuse.Statfs>): void {
    answer(async () => {
      const body = await this.#requests.ask(Opcode.STATFS, ROOT_ID);
      const { namelen, ...counts } = StatfsOut.decode(viewOf(body));
      return { ...counts, namemax: namelen };
    }, done);
  }

  open(path: string, flags: number, done: Fuse.Answer<number>): void {
    const opened = (body: Buffer) => {
      const { fh, open_flags } = OpenOut.decode(viewOf(body));
      this.#files.set(fh, {
        nonblock: flags & O_NONBLOCK,
        isStream: (open_flags & OpenFlags.STREAM) !== 0,
        isFlushed: (open_flags & OpenFlags.NOFLUSH) === 0,
      });
      return fh;
    };
    this.#on(path, Opcode.OPEN, [OpenIn.encode({ flags })], opened, done);
  }

  read(
    _path: string,
    fh: number,
    buffer: Buffer,
    size: number,
    offset: number,
    done: Fuse.Transferred,
  ): void {
    transferred(async () => {
      const args = ReadIn.encode(this.#transfer(fh, size, offset));
      return (await this.#requests.ask(Opcode.READ, ROOT_ID, [args])).copy(buffer);
    }, done);
  }

  write(
    _path: string,
    fh: number,
    buffer: Buffer,
    size: number,
    offset: number,
    done: Fuse.Transferred,
  ): void {
    transferred(async () => {
      const args = WriteIn.encode(this.#transfer(fh, size, offset));
      const body = await this.#requests.ask(Opcode.WRITE, ROOT_ID, [args, buffer]);
      return WriteOut.decode(viewOf(body)).size;
    }, done);
  }

  /** Programs ignore errors of close(2), so it waits for as long as it takes. */
  flush(_path: string, fh: number, done: Fuse.Done): void {
    if (this.#files.get(fh)?.isFlushed === false) done(0);
    else
      answer(() => this.#requests.ask(Opcode.FLUSH, ROOT_ID, [FlushIn.encode({ fh })], true), done);
  }

  release(_path: string, fh: number, done: Fuse.Done): void {
    this.#files.delete(fh);
    answer(() => this.#requests.ask(Opcode.RELEASE, ROOT_ID, [ReleaseIn.encode({ fh })]), done);
  }

  truncate(path: string, size: number, done: Fuse.Done): void {
    this.#setattr(path, { valid: SetattrValid.SIZE, size }, done);
  }

  chmod(path: string, mode: number, done: Fuse.Done): void {
    this.#setattr(path, { valid: SetattrValid.MODE, mode }, done);
  }

  chown(path: string, uid: number, gid: number, done: Fuse.Done): void {
    const { UID, GID } = SetattrValid;
    const valid = (uid === UNCHANGED ? 0 : UID) | (gid === UNCHANGED ? 0 : GID);
    this.#setattr(path, { valid, uid, gid }, done);
  }

  /** Any times count as the present: the library does not tell them rightly. */
  utimens(path: string, _atime: number, _mtime: number, done: Fuse.Done): void {
    const { ATIME, ATIME_NOW, MTIME, MTIME_NOW } = SetattrValid;
    this.#setattr(path, { valid: ATIME | ATIME_NOW | MTIME | MTIME_NOW }, done);
  }

  mkdir(path: string, mode: number, done: Fuse.Done): void {
    this.#inDirectory(path, Opcode.MKDIR, MkdirIn.encode({ mode }), done);
  }

  rmdir(path: string, done: Fuse.Done): void {
    this.#inDirectory(path, Opcode.RMDIR, undefined, done);
  }

  create(path: string, mode: number, done: Fuse.Answer<number>): void {
    // It always fails.
    this.#inDirectory(path, Opcode.CREATE, CreateIn.encode({ mode }), (error) => done(error));
  }

  unlink(path: string, done: Fuse.Done): void {
    this.#inDirectory(path, Opcode.UNLINK, undefined, done);
  }

  mknod(path: string, _mode: number, _device: number, done: Fuse.Done): void {
    this.#inDirectory(path, Opcode.MKNOD, undefined, done);
  }

  rename(from: string, _to: string, done: Fuse.Done): void {
    this.#inDirectory(from, Opcode.RENAME, undefined, done);
  }

  link(_from: string, to: string, done: Fuse.Done): void {
    this.#inDirectory(to, Opcode.LINK, undefined, done);
  }

  symlink(_target: string, path: string, done: Fuse.Done): void {
    this.#inDirectory(path, Opcode.SYMLINK, undefined, done);
  }

  #on<T>(
    path: string,
    opcode: number,
    parts: readonly Uint8Array[],
    decode: (body: Buffer) => T,
    done: Fuse.Answer<T>,
  ): void {
    answer(
      () =>
        this.#requests.at(path, async (id) => decode(await this.#requests.ask(opcode, id, parts))),
      done,
    );
  }

  /** The fields of a READ or a WRITE. @throws {Refusal} */
  #transfer(fh: number, size: number, offset: number) {
    const file = this.#files.get(fh);
    if (file === undefined) throw new Refusal(EBADF);
    return { fh, size, offset: file.isStream ? 0 : offset, flags: file.nonblock };
  }

  #setattr(path: string, change: Partial<ValueOf<typeof SetattrIn>>, done: Fuse.Done): void {
    this.#on(path, Opcode.SETATTR, [SetattrIn.encode(change)], () => undefined, done);
  }

  #inDirectory(path: string, opcode: number, args: Uint8Array | undefined, done: Fuse.Done): void {
    answer(
      () =>
        this.#requests.inDirectory(path, async (nodeid, name) => {
          const body = await this.#requests.ask(opcode, nodeid, args ? [args, name] : [name]);
          if (body.length === EntryOut.size) {
            this.#requests.forget(EntryOut.decode(viewOf(body)).nodeid);
          }
        }),
      done,
    );
  }

  async #list(nodeid: number): Promise<readonly { name: string; type: number }[]> {
    const entries: { name: string; type: number }[] = [];
    for (let offset = 0; ; ) {
      const args = ReadIn.encode({ offset, size: LISTING_BYTES });
      const body = await this.#requests.ask(Opcode.READDIR, nodeid, [args]);
      if (body.length === 0) return entries;
      for (let at = 0; at < body.length; ) {
        const { off, namelen, type } = Dirent.decode(viewOf(body), at);
        const nameAt = at + Dirent.size;
        entries.push({ name: body.toString('utf8', nameAt, nameAt + namelen), type });
        offset = off;
        at = (nameAt + namelen + 7) & ~7;
      }
    }
  }
}

/** Calls `done` once, with a result or an errno: an exception would end the process. */
function answer<T>(run: () => Promise<T>, done: (error: number, result?: T) => void): void {
  run().then(
    (result) => done(0, result),
    (error: unknown) => done(-errnoOfCall(error)),
  );
}

function transferred(run: () => Promise<number>, done: Fuse.Transferred): void {
  answer(run, (error, count = 0) => done(error || count));
}

function statOf(attr: Attr): Fuse.Stat {
  const mtime = attr.mtime * 1000 + Math.floor(attr.mtimensec / 1e6);
  return { ...attr, atime: mtime, mtime, ctime: mtime };
}
