import { createRequire } from 'node:module';

/** Stands for the version where the command is bundled (`src/build/bundle.mjs`). */
declare const PACKAGE_VERSION: string | undefined;

/** The version of this package. */
export const VERSION = typeof PACKAGE_VERSION === 'string' ? PACKAGE_VERSION : fromManifest();

/** As npm has them (Semantic Versioning 2.0), and not too long to print. */
const SAFE = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$/;

/** The version that a daemon gives itself, if it is safe to show; else none, which is `''`. */
export function versionOf(value: unknown): string {
  // Nearly all members have ours: one string serves for the records of all.
  if (value === VERSION) return VERSION;
  return typeof value === 'string' && SAFE.test(value) ? value : '';
}

/** Found by the package's own name, since Node 20 warns of JSON that is imported. */
function fromManifest(): string {
  const manifest: { version: string } = createRequire(import.meta.url)('circuitfs/package.json');
  return manifest.version;
}
