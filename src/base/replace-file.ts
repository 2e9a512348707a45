import { open, rename, rm } from 'node:fs/promises';

/**
 * Gives a file of its owner's alone a new content. After a crash there is the old one or the
 * new one, and never a part of it. A failure, as of a full disk, leaves the old one alone.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    // Where it cannot be removed either, the first error is the one that tells why.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
