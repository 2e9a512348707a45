import { Simulation } from './simulation.js';

/** Hosts that are far from each other, and hosts side by side. */
export const WIDE = { latency: { min: 1, max: 50 }, loss: 0.01 };
export const LOCAL = { latency: { min: 1, max: 15 }, loss: 0 };

/**
 * A small network in which everything is checked: members share no memory, and all messages parse.
 */
export function checked(seed: number, network = WIDE): Simulation {
  return new Simulation({ seed, ...network, copies: true, strict: true });
}

/**
 * The faults of a network at rest. All living members must list each other and nobody else; the
 * changes that they told must make up their lists; and nothing may be left under way. Runs the
 * network for up to a minute more, as redials and shuffles go on.
 */
export function faults(simulation: Simulation): string[] {
  return [...simulation.audit.inconsistencies, ...wrongLists(simulation), ...leftovers(simulation)];
}

/** The members that were shown as gone although they could be reached. */
export function wronged({ audit }: Simulation): string[] {
  return audit.wrongLeaves.map(
    ({ time, observer, subject }) => `${time} ms: ${observer} shows ${subject} as gone`,
  );
}

function wrongLists({ living }: Simulation): string[] {
  return living.flatMap(({ community, listed, name, protocol }) => {
    const should = living
      .filter((other) => other.community === community)
      .map((other) => other.name)
      .sort();
    const lists = protocol.members().map((record) => record.name);
    const told = [...(listed ?? [])].sort();
    const found: string[] = [];
    const lacking = should.filter((other) => !lists.includes(other));
    const surplus = lists.filter((other) => !should.includes(other));
    if (lacking.length > 0) found.push(`${name} lacks ${lacking}`);
    if (surplus.length > 0) found.push(`${name} lists ${surplus}`);
    if (told.join() !== lists.join()) found.push(`${name} told of ${told}, and lists ${lists}`);
    if (protocol.size !== lists.length)
      found.push(`${name} lists ${protocol.size}, and shows others`);
    return found;
  });
}

/** The timers of a member at rest: the shuffle, the redial, and two for the last news. */
const TIMERS_AT_REST = 4;

/** How long we wait for things under way to end. */
const WATCHED_MS = 60_000;

/** Things that members keep under way without end. */
function leftovers({ living, queue }: Simulation): string[] {
  const open = new Map<string, () => boolean>();
  for (const { name, protocol } of living) {
    for (const what of Object.keys(protocol.stats())) {
      const limit = what === 'timers' ? TIMERS_AT_REST : 0;
      const count = () => new Map(Object.entries(protocol.stats())).get(what) ?? 0;
      open.set(`${name} keeps ${what} under way`, () => count() <= limit);
    }
  }
  for (const end = queue.now + WATCHED_MS; open.size > 0 && queue.now < end; ) {
    for (const [what, ended] of open) if (ended()) open.delete(what);
    queue.runTo(queue.now + 100);
  }
  return [...open.keys()];
}
