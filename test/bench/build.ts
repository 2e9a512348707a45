import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A build of the project as its users find it: a command and a library. */
export interface Build {
  readonly root: string;
  /** What `node` runs. */
  readonly command: string;
  /** The module that programs import. */
  readonly library: string;
}

/** @param root The root of a checkout in which `npm ci` has been run. */
export function buildIn(root: string): Build {
  const build = {
    root: resolve(root),
    command: resolve(root, 'dist/bin/circuit.cjs'),
    library: resolve(root, 'dist/src/client/index.js'),
  };
  for (const file of [build.command, build.library]) {
    if (!existsSync(file)) {
      throw new Error(`there is no ${file}; name a checkout in which \`npm ci\` has been run`);
    }
  }
  return build;
}

/** Its folder, and the commit where it is a checkout of git. */
export function describe({ root }: Build): string {
  if (!existsSync(join(root, '.git'))) return root;
  const argv = ['-C', root, 'describe', '--always', '--dirty'];
  return `${root} (${execFileSync('git', argv, { encoding: 'utf8' }).trim()})`;
}
