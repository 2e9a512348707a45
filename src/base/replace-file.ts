import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Replaces the content of a file that only its owner may read. After a crash there is the old
 * content or the new one, never a part of it. A failure, as of a full disk, leaves the old one.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
    await rename(temporary, file);
  } catch (error) {
    // If it cannot be removed either, the first error tells why.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
