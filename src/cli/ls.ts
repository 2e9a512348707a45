import { escapeControls } from '../base/escape-controls.js';
import type { Anchor } from '../client/anchor.js';
import { parsePath } from '../client/path.js';
import { type DialOptions, dial } from './dial.js';

export interface ListOptions extends DialOptions {
  readonly long?: boolean;
  readonly depth?: boolean;
}

/**
 * `circuit ls [-l] [--depth] [ANCHOR]`; a path that ends in `/...` lists everything below, and
 * with `--depth` what is below an anchor before the anchor itself.
 */
export async function ls(path: string, options: ListOptions): Promise<void> {
  const names = parsePath(path);
  const recursive = names.at(-1) === '...';
  const above = recursive ? names.slice(0, -1) : names;
  await using client = await dial(options);
  const places =
    above.length > 0
      ? await placesIn(client.anchor(`/${above.join('/')}`))
      : client.members().map(({ name, state }) => ({ at: client.anchor(`/${name}`), kind: state }));
  await print(places, { ...options, recursive });
}

interface Place {
  readonly at: Anchor;
  /** The state of a member, an element's kind, or `-` for an anchor without one. */
  readonly kind: string;
}

async function placesIn(above: Anchor): Promise<readonly Place[]> {
  const { anchors } = await above.view();
  const sorted = [...anchors].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.map(({ name, kind = '-' }) => ({ at: above.walk(name), kind }));
}

async function print(
  places: readonly Place[],
  options: ListOptions & { readonly recursive: boolean },
): Promise<void> {
  const { long, depth, recursive } = options;
  for (const { at, kind } of places) {
    const line = `${long ? kind.padEnd(8) : ''}${escapeControls(at.path)}\n`;
    if (!depth) process.stdout.write(line);
    if (recursive) await print(await placesIn(at), options);
    if (depth) process.stdout.write(line);
  }
}
