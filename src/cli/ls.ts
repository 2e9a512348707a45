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
  const print = (entry: Entry) => {
    const kind = options.long ? `${entry.kind.padEnd(8)}` : '';
    process.stdout.write(`${kind}${escapeControls(entry.path)}\n`);
  };
  const listing: Listing = { recursive, depth: options.depth ?? false, print };
  if (above.length > 0) return await listAnchors(client.anchor(`/${above.join('/')}`), listing);
  for (const { name, state } of client.members()) {
    const member = client.anchor(`/${name}`);
    await listOne({ path: member.path, kind: state }, () => listAnchors(member, listing), listing);
  }
}

interface Entry {
  readonly path: string;
  /** The state of a member, an element's kind, or `-` for an anchor without one. */
  readonly kind: string;
}

interface Listing {
  readonly recursive: boolean;
  /** Post-order. */
  readonly depth: boolean;
  readonly print: (entry: Entry) => void;
}

async function listAnchors(above: Anchor, listing: Listing): Promise<void> {
  const { anchors } = await above.view();
  const sorted = [...anchors].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, kind } of sorted) {
    const anchor = above.walk(name);
    const entry = { path: anchor.path, kind: kind ?? '-' };
    await listOne(entry, () => listAnchors(anchor, listing), listing);
  }
}

async function listOne(entry: Entry, below: () => Promise<void>, listing: Listing): Promise<void> {
  const { recursive, depth, print } = listing;
  if (!depth) print(entry);
  if (recursive) await below();
  if (depth) print(entry);
}
