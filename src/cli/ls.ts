import type { AnchorPath, Member } from '../anchor/circuit.js';
import { formatPath } from '../anchor/path.js';
import { escapeControls } from '../escape-controls.js';
import { type DialOptions, dial } from './dial.js';
import { parsePath } from './path.js';

export interface ListOptions extends DialOptions {
  readonly long?: boolean;
}

/** `circuit ls [-l] [ANCHOR]`; a path that ends in `/...` lists everything below. */
export async function ls(path: string, options: ListOptions): Promise<void> {
  const names = parsePath(path);
  const recursive = names.at(-1) === '...';
  const [member, ...anchor] = recursive ? names.slice(0, -1) : names;
  await using client = await dial(options);
  const print = (entry: Entry) => {
    const kind = options.long ? `${entry.kind.padEnd(8)}` : '';
    process.stdout.write(`${kind}${escapeControls(entry.path)}\n`);
  };
  if (member !== undefined)
    return await listAnchors(client.member(member), anchor, recursive, print);
  for (const { name, state } of client.members()) {
    print({ path: `/${name}`, kind: state });
    if (recursive) await listAnchors(client.member(name), [], true, print);
  }
}

interface Entry {
  readonly path: string;
  /** The state of a member, an element's kind, or `-` for an anchor without one. */
  readonly kind: string;
}

async function listAnchors(
  member: Member,
  path: AnchorPath,
  recursive: boolean,
  print: (entry: Entry) => void,
): Promise<void> {
  const { anchors } = await member.view(path);
  const sorted = [...anchors].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, kind } of sorted) {
    const child = [...path, name];
    print({ path: formatPath(member.name, child), kind: kind ?? '-' });
    if (recursive) await listAnchors(member, child, true, print);
  }
}
