import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manual } from '../../dist/src/build/manual.js';
import { program } from '../../dist/src/cli/main.js';

const DIRECTORY = 'dist/man';

/**
 * Writes the manual into dist/man, in the folders that man(1) wants. Its pages are dated by SOURCE_DATE_EPOCH (reproducible-builds.org),
 * where that is set.
 */
export async function writeManual() {
  const { SOURCE_DATE_EPOCH: epoch } = process.env;
  const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
  await rm(DIRECTORY, { recursive: true, force: true });
  for (const [name, page] of manual(await program(), date)) {
    const section = join(DIRECTORY, `man${name.at(-1)}`);
    await mkdir(section, { recursive: true });
    await writeFile(join(section, name), page);
  }
}
