import type { MemberName } from '../base/address.js';
import { CircuitError } from '../base/error.js';
import type { MemberEntry } from './circuit.js';

/** How many hex digits of a member's name tell it from others on hosts of one name, at least. */
const MIN_DIGITS = 4;

/** The longest name of a directory entry, in bytes (limits.h). */
const NAME_MAX = 255;

/**
 * The names under which members are found by host: `web1` where one member has that host name. Where
 * several have it, that name would reach one that the caller may not mean, so there is none, but
 * `web1~X03c5` for each: with as many digits of its name as no other of them begins with. A `~` is in no
 * host name. Names that get too long for a directory are left out.
 */
export function hostLinks(members: readonly MemberEntry[]): ReadonlyMap<string, MemberName> {
  const byHost = new Map<string, MemberName[]>();
  for (const { name, host } of members) {
    if (host === '') continue;
    const namesakes = byHost.get(host);
    if (namesakes) namesakes.push(name);
    else byHost.set(host, [name]);
  }
  const links = new Map<string, MemberName>();
  for (const [host, names] of byHost) {
    const [first, second] = names.sort();
    if (first !== undefined && second === undefined) links.set(host, first);
    else for (const [name, start] of distinct(names)) links.set(`${host}~${start}`, name);
  }
  for (const link of links.keys()) if (link.length > NAME_MAX) links.delete(link);
  return links;
}

/** The member that is found by such a name. @throws CircuitError ENOENT (none, or several) */
export function memberOnHost(members: readonly MemberEntry[], name: string): MemberName {
  const links = hostLinks(members);
  const member = links.get(name);
  if (member !== undefined) return member;
  const namesakes = [...links.keys()].filter((link) => link.startsWith(`${name}~`));
  const sentence =
    namesakes.length > 0
      ? `several members are on hosts named ${name}; give one of ${namesakes.join(', ')}`
      : `there is no member on a host named ${name}; circuit ls /.hosts lists those that there are`;
  throw new CircuitError('ENOENT', sentence);
}

/** Each of the sorted names with the beginning that no other has: one beside it has the most in common. */
function* distinct(names: readonly MemberName[]): Iterable<readonly [MemberName, string]> {
  for (const [i, name] of names.entries()) {
    const common = Math.max(commonLength(name, names[i - 1]), commonLength(name, names[i + 1]));
    yield [name, name.slice(0, Math.max(common, MIN_DIGITS) + 1)];
  }
}

function commonLength(one: string, other = ''): number {
  let length = 0;
  while (length < other.length && one[length] === other[length]) length += 1;
  return length;
}
