import { createRequire } from 'node:module';

/** Stands for the version where the command is bundled (`src/bundle.mjs`). */
declare const PACKAGE_VERSION: string | undefined;

/** The version of this package. */
export const VERSION = typeof PACKAGE_VERSION === 'string' ? PACKAGE_VERSION : fromManifest();

/** Found by the package's own name, since Node 20 warns of JSON that is imported. */
function fromManifest(): string {
  const manifest: { version: string } = createRequire(import.meta.url)('circuitfs/package.json');
  return manifest.version;
}
