import type { MemberEntry } from '../anchor/circuit.js';
import { errorMessage } from '../base/error.js';
import { escapeControls, escapeControlsInJson } from '../base/escape-controls.js';
import type { Anchor } from '../client/anchor.js';
import { parsePath } from '../client/path.js';
import { type DialOptions, dial } from './dial.js';

export interface ListOptions extends DialOptions {
  readonly long?: boolean;
  readonly json?: boolean;
  readonly depth?: boolean;
}

/**
 * `circuit ls [-l | -j] [--depth] [ANCHOR]`; a path that ends in `/...` lists everything below, and
 * with `--depth` what is below an anchor before the anchor itself.
 */
export async function ls(path: string, options: ListOptions): Promise<void> {
  const names = parsePath(path);
  const recursive = names.at(-1) === '...';
  const above = recursive ? names.slice(0, -1) : names;
  await using client = await dial(options);
  if (above.length > 0) {
    await print(await placesIn(client.anchor(`/${above.join('/')}`), options), recursive, options);
    return;
  }
  // The list came with the connection: nobody else is asked.
  const members = client.members();
  const lines = linesOf(members, options);
  const places = members.map(({ name }, i) => ({
    at: client.anchor(`/${name}`),
    line: lines[i] ?? '',
  }));
  await print(places, recursive, options);
}

interface Place {
  readonly at: Anchor;
  /** The line that is printed of it. */
  readonly line: string;
}

/** The width of the column with a member's state, or an anchor's kind. */
const KIND_WIDTH = 8;

/** Stands in a column where there is nothing: each has some text always, for awk(1). */
const NONE = '-';

function linesOf(members: readonly MemberEntry[], { long, json }: ListOptions): readonly string[] {
  if (json) return members.map(memberJson);
  if (!long) return members.map(({ name }) => `/${name}`);
  const hosts = column(members.map(({ host }) => host));
  const addresses = column(members.map(({ addressHost }) => addressHost));
  return members.map(({ name, state, version }, i) => {
    const path = `${state.padEnd(KIND_WIDTH)}/${name}`;
    return [path, hosts[i], addresses[i], version || NONE].join('  ');
  });
}

function memberJson({ name, state, joined, host, addressHost, version }: MemberEntry): string {
  return jsonLine({
    Path: `/${name}`,
    Name: name,
    Kind: 'member',
    State: state,
    Joined: new Date(joined).toISOString(),
    Host: host || null,
    AddrHost: addressHost || null,
    Version: version || null,
  });
}

/** The texts, all as wide as the widest. */
function column(texts: readonly string[]): readonly string[] {
  const width = texts.reduce((widest, { length }) => Math.max(widest, length), NONE.length);
  return texts.map((text) => (text || NONE).padEnd(width));
}

async function placesIn(above: Anchor, { long, json }: ListOptions): Promise<readonly Place[]> {
  const { anchors } = await above.view();
  const sorted = [...anchors].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.map(({ name, kind }) => {
    const at = above.walk(name);
    if (json) return { at, line: jsonLine({ Path: at.path, Name: name, Kind: kind ?? null }) };
    const shown = long ? (kind ?? NONE).padEnd(KIND_WIDTH) : '';
    return { at, line: `${shown}${escapeControls(at.path)}` };
  });
}

/** As {@link placesIn}; of a member that does not answer it complains, and the others are listed. */
async function placesBelow(above: Anchor, options: ListOptions): Promise<readonly Place[]> {
  try {
    return await placesIn(above, options);
  } catch (error) {
    process.stderr.write(`circuit: ${escapeControls(`${above.path}: ${errorMessage(error)}`)}\n`);
    process.exitCode = 1;
    return [];
  }
}

function jsonLine(value: object): string {
  return escapeControlsInJson(JSON.stringify(value));
}

async function print(
  places: readonly Place[],
  recursive: boolean,
  options: ListOptions,
): Promise<void> {
  for (const { at, line } of places) {
    if (!options.depth) process.stdout.write(`${line}\n`);
    if (recursive) await print(await placesBelow(at, options), recursive, options);
    if (options.depth) process.stdout.write(`${line}\n`);
  }
}
