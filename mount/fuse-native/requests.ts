/**
 * Turns paths into the kernel's requests: libfuse names files by their paths from the root, the kernel by
 * the inodes that its lookups have found.
 */

import { constants } from 'node:os';
import { Opcode, ROOT_ID } from '../wire/constants.js';
import { encodeName } from '../wire/encoding.js';
import type { ValueOf } from '../wire/struct.js';
import { AttrOut, EntryOut, ForgetIn, GetattrIn } from '../wire/structs.js';
import type { CalledDevice } from './called-device.js';

const { EIO, ENOENT } = constants.errno;

/** A request has failed with this errno. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(readonly errno: number) {
    super(`errno ${errno}`);
  }
}

/** The fields that {@link AttrOut} and {@link EntryOut} share. */
export type Attr = Omit<ValueOf<typeof AttrOut>, 'attr_valid' | 'attr_valid_nsec' | 'dummy'>;

export class Requests {
  readonly #device: CalledDevice;

  constructor(device: CalledDevice) {
    this.#device = device;
  }

  /** @throws {Refusal} */
  async ask(
    opcode: number,
    nodeid: number,
    parts?: readonly Uint8Array[],
    unbounded?: boolean,
  ): Promise<Buffer> {
    const { error, body } = await this.#device.ask(opcode, nodeid, parts, unbounded);
    if (error !== 0) throw new Refusal(error);
    return body;
  }

  /** Looks up each name of a path, and holds the inodes while `run` uses the last one. */
  async at<T>(path: string, run: (nodeid: number) => Promise<T>): Promise<T> {
    const held: number[] = [];
    try {
      let nodeid = ROOT_ID;
      for (const name of namesOf(path)) {
        ({ nodeid } = await this.#lookup(nodeid, nameBytes(name)));
        held.push(nodeid);
      }
      return await run(nodeid);
    } finally {
      for (const nodeid of held) this.forget(nodeid);
    }
  }

  /** Runs with the directory of the path's last name, and that name. */
  inDirectory<T>(path: string, run: (nodeid: number, name: Buffer) => Promise<T>): Promise<T> {
    const names = namesOf(path);
    const last = names.pop() ?? '';
    return this.at(names.join('/'), (nodeid) => run(nodeid, nameBytes(last)));
  }

  async attributes(path: string): Promise<Attr> {
    if (namesOf(path).length === 0) {
      const body = await this.ask(Opcode.GETATTR, ROOT_ID, [GetattrIn.encode({})]);
      return AttrOut.decode(viewOf(body));
    }
    return await this.inDirectory(path, async (nodeid, name) => {
      // A lookup gives the attributes, too.
      const entry = await this.#lookup(nodeid, name);
      this.forget(entry.nodeid);
      return entry;
    });
  }

  /** Returns one reference, which the answer to a lookup or a mkdir has given. */
  forget(nodeid: number): void {
    this.#device.tell(Opcode.FORGET, nodeid, [ForgetIn.encode({ nlookup: 1 })]);
  }

  async #lookup(parent: number, name: Buffer): Promise<EntryOut> {
    const body = await this.ask(Opcode.LOOKUP, parent, [name]);
    const entry = EntryOut.decode(viewOf(body));
    // The kernel would remember for a while that there is no such name.
    if (entry.nodeid === 0) throw new Refusal(ENOENT);
    return entry;
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The errno, positive, for an error that has ended a call. */
export function errnoOfCall(error: unknown): number {
  return error instanceof Refusal ? error.errno : EIO;
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

/**
 * A name that is not UTF-8 has come with U+FFFD in the place of its bytes, and is not to become another
 * one: it is sent with a byte that is not UTF-8, either, and refused.
 */
function nameBytes(name: string): Buffer {
  const bytes = Buffer.from(name);
  if (!name.includes('\ufffd')) return encodeName(bytes);
  return encodeName(
    Buffer.from(bytes.toString('latin1').replaceAll('\xef\xbf\xbd', '\xff'), 'latin1'),
  );
}
