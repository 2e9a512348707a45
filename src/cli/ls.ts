import type { MemberEntry } from '../anchor/circuit.js';
import { hostLinks } from '../anchor/host-links.js';
import { errorMessage } from '../base/error.js';
import { escapeControls, escapeControlsInJson } from '../base/escape-controls.js';
import type { Anchor } from '../client/anchor.js';
import type { CircuitClient } from '../client/client.js';
import { parsePath } from '../client/path.js';
import { type DialOptions, dial } from './dial.js';

export interface ListOptions extends DialOptions {
  readonly long?: boolean;
  readonly json?: boolean;
  readonly depth?: boolean;
}

/**
 * `circuit ls [-l | -j] [--depth] [ANCHOR]`; `/` and `/.hosts` have the members; a path that ends in `/...` lists everything below, and
 * with `--depth` what is below an anchor before the anchor itself.
 */
export async function ls(path: string, options: ListOptions): Promise<void> {
  const names = parsePath(path);
  const recursive = names.at(-1) === '...';
  const above = recursive ? names.slice(0, -1) : names;
  await using client = await dial(options);
  const at = `/${above.join('/')}`;
  const members = membersAt(at, client.members());
  const places = members
    ? memberPlaces(members, client, options)
    : await placesIn(client.anchor(at), options);
  await print(places, recursive, options);
}

/** The paths of members, with each that it leads to. */
type Members = ReadonlyMap<string, MemberEntry>;

/** The entries of a directory of members, by the list that came with the connection: nobody else is asked. */
function membersAt(path: string, members: readonly MemberEntry[]): Members | undefined {
  if (path !== '/' && path !== '/.hosts') return undefined;
  const byName = new Map(members.map((member) => [member.name, member]));
  if (path === '/') return new Map([...byName].map(([name, member]) => [`/${name}`, member]));
  const links = [...hostLinks(members)].sort(([one], [other]) => (one < other ? -1 : 1));
  return new Map(
    links.flatMap(([link, name]) => {
      const member = byName.get(name);
      return member ? [[`${path}/${link}`, member]] : [];
    }),
  );
}

function memberPlaces(
  members: Members,
  client: CircuitClient,
  options: ListOptions,
): readonly Place[] {
  const lines = linesOf(members, options);
  return [...members.keys()].map((path, i) => ({ at: client.anchor(path), line: lines[i] ?? '' }));
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

function linesOf(members: Members, { long, json }: ListOptions): readonly string[] {
  const all = [...members];
  if (json) return all.map(([path, member]) => memberJson(path, member));
  if (!long) return all.map(([path]) => path);
  const paths = column(all.map(([path]) => path));
  const hosts = column(all.map(([, { host }]) => host));
  const addresses = column(all.map(([, { addressHost }]) => addressHost));
  return all.map(([, { state, version }], i) => {
    const path = `${state.padEnd(KIND_WIDTH)}${paths[i]}`;
    return [path, hosts[i], addresses[i], version || NONE].join('  ');
  });
}

function memberJson(path: string, member: MemberEntry): string {
  const { name, state, joined, host, addressHost, version } = member;
  return jsonLine({
    Path: path,
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
