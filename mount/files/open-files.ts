/** The open files, by the numbers that we gave the kernel for them (`fh`). */
import type { Inode } from '../inodes/inode-table.js';
import type { Handle, OpenMode } from '../node.js';
import { OpenFile } from './open-file.js';

export class OpenFiles {
  readonly #files = new Map<number, OpenFile>();
  #lastFh = 0;
  #writers = 0;
  #whenWritten: (() => void)[] = [];

  add(handle: Handle, inode: Inode, mode: OpenMode): OpenFile {
    this.#lastFh += 1;
    const file = new OpenFile(this.#lastFh, handle, inode, mode);
    this.#files.set(file.fh, file);
    if (mode.write) {
      inode.writers += 1;
      this.#writers += 1;
    }
    return file;
  }

  get size(): number {
    return this.#files.size;
  }

  get(fh: number): OpenFile | undefined {
    return this.#files.get(fh);
  }

  /** Throws what the handle's `release` throws. */
  release(fh: number): void {
    const file = this.#files.get(fh);
    if (file === undefined) return;
    this.#files.delete(fh);
    if (file.mode.write) {
      file.inode.writers -= 1;
      this.#writers -= 1;
      if (this.#writers === 0) for (const done of this.#whenWritten.splice(0)) done();
    }
    file.release();
  }

  /** Releases all files. `onError` receives what the handles throw. */
  releaseAll(onError: (error: unknown) => void): void {
    for (const [fh, { behind }] of [...this.#files]) {
      behind?.withdraw();
      try {
        this.release(fh);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** Resolves when no file is open for writing. */
  async written(): Promise<void> {
    if (this.#writers > 0) await new Promise<void>((done) => this.#whenWritten.push(done));
  }
}
