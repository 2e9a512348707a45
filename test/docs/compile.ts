import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../host/cluster.js';

const ROOT = join(import.meta.dirname, '../../..');

/** Compiles the programs of a document as a user's project would, which has linked the library. */
export async function compile(
  cluster: Cluster,
  home: string,
  programs: ReadonlyMap<string, string>,
) {
  for (const [name, text] of programs) writeFileSync(join(home, name), text);
  mkdirSync(join(home, 'node_modules'));
  symlinkSync(ROOT, join(home, 'node_modules/circuitfs'));
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }\n');
  const compilerOptions = {
    strict: true,
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const { status, stdout } = await cluster.run([join(ROOT, 'node_modules/.bin/tsc')], {
    cwd: home,
  });
  if (status !== 0) throw new Error(stdout);
}
