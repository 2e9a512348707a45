import type { Stats } from 'node:fs';

/** Whether other users may read a file, one that is not there excluded. */
export function isOpenToOthers(file: Stats | undefined): boolean {
  return file?.isFile() === true && (file.mode & 0o044) !== 0;
}
