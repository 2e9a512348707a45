import { createRequire } from 'node:module';

// Found by the package's own name: the bundle and the modules lie at different depths.
const manifest: { version: string } = createRequire(import.meta.url)('circuitfs/package.json');

/** The version of this package. */
export const VERSION = manifest.version;
