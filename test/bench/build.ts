import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const build = {
    root: resolve(root),
    command: resolve(root, bin.circuit),
    library: resolve(root, exports['.'].default),
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
