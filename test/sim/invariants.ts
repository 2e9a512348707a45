import type { ExecutionContext } from 'ava';
import { Simulation } from './simulation.js';

/** A small network in which everything is checked: no memory is shared, and all messages parse. */
export function checked(seed: number, { loss = 0.01 } = {}): Simulation {
  const latency = { min: 1, max: 50 };
  return new Simulation({ seed, latency, loss, copies: true, strict: true });
}

/**
 * Fails unless all who live list each other and nobody else, and nothing is left under way.
 * Runs the network for up to a minute more, as redials and shuffles go on at rest.
 */
export function assertAtRest(t: ExecutionContext, simulation: Simulation, label: string): void {
  const { audit, living } = simulation;
  t.deepEqual(audit.inconsistencies, [], `${label}: what members tell of changes`);
  for (const member of living) {
    const should = living
      .filter(({ community }) => community === member.community)
      .map(({ name }) => name)
      .sort();
    const listed = member.protocol.members().map(({ name }) => name);
    t.deepEqual(listed, should, `${label}: the list of ${member.name}`);
    t.deepEqual([...(member.listed ?? [])].sort(), listed, `${label}: what ${member.name} told`);
    t.is(member.protocol.size, listed.length);
  }
  t.true(audit.allRight, label);
  t.deepEqual(leftovers(simulation), [], `${label}: left under way`);
}

/** Fails if anybody was shown as gone who was well, and within reach. */
export function assertNobodyWronged(
  t: ExecutionContext,
  { audit }: Simulation,
  label: string,
): void {
  t.deepEqual(audit.wrongLeaves, [], `${label}: members wrongly shown as gone`);
}

/** The timers of a member at rest: the shuffle, the redial, and two for what was heard last. */
const TIMERS_AT_REST = 4;

/** How long it is watched whether something comes to its end, in milliseconds. */
const WATCHED = 60_000;

/** What members keep without ever coming to an end of it. */
function leftovers({ living, queue }: Simulation): string[] {
  const open = new Map<string, () => boolean>();
  for (const { name, protocol } of living) {
    for (const what of Object.keys(protocol.stats())) {
      const limit = what === 'timers' ? TIMERS_AT_REST : 0;
      const count = () => new Map(Object.entries(protocol.stats())).get(what) ?? 0;
      open.set(`${what} of ${name}`, () => count() <= limit);
    }
  }
  for (const end = queue.now + WATCHED; open.size > 0 && queue.now < end; ) {
    for (const [what, ended] of open) if (ended()) open.delete(what);
    queue.runTo(queue.now + 100);
  }
  return [...open.keys()];
}
