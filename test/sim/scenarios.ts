import { Simulation, type SimulationOptions } from './simulation.js';

/** One result of a run, and its goal. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: 's' | '' | '/s';
  /** The most that it should be; absent if the result is only shown. */
  readonly goal?: number;
}

export interface Scenario {
  readonly name: string;
  readonly run: (members: number, options: SimulationOptions) => Figure[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After all lists are right they must stay so for this long. */
const AFTERMATH_MS = 30 * SECOND;

/** The longest wait for something that should take seconds. */
const LIMIT_MS = 10 * MINUTE;

/** How many times a run repeats its question; the worst answer counts. */
const ROUNDS = 3;

/** How often we check whether the overlay is connected. */
const LOOK_MS = 100;

/** An hour at rest: nobody may be shown as failed, and the traffic is measured. */
function rest(members: number, options: SimulationOptions): Figure[] {
  const simulation = built(members, options);
  const sent = () => simulation.members.map(({ endpoint }) => endpoint.sent);
  const dials = () => simulation.members.reduce((sum, { endpoint }) => sum + endpoint.dials, 0);
  const before = { sent: sent(), dials: dials() };
  let standing = 0;
  for (let minute = 0; minute < HOUR / MINUTE; minute += 1) {
    simulation.queue.runTo(simulation.now + MINUTE);
    standing += simulation.network.standingLinks().length / (HOUR / MINUTE);
  }
  const rates = sent().map((count, index) => (count - (before.sent[index] ?? 0)) / (HOUR / SECOND));
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / members;
  // Each side of each link sends a ping or its answer every two seconds.
  const keepalives = (2 * standing) / 2 / members;
  return [
    {
      what: 'wrongly shown as failed, in an hour',
      value: simulation.audit.wrongLeaves.length,
      unit: '',
      goal: 0,
    },
    { what: 'messages of a member at rest', value: mean, unit: '/s', goal: 10 },
    { what: '… of the one that sends most', value: Math.max(...rates), unit: '/s', goal: 10 },
    { what: '… keep-alives on its links', value: keepalives, unit: '/s', goal: 10 },
    {
      what: '… connections that it tries',
      value: (dials() - before.dials) / members / (HOUR / SECOND),
      unit: '/s',
    },
  ];
}

/**
 * A daemon starts and joins a member. In one of fifty cases its SYN or the answer is lost, which
 * costs a second before anybody can hear of it (RFC 6298). So both times are shown: from the call,
 * and from the moment when the member has heard of it.
 */
function join(members: number, options: SimulationOptions): Figure[] {
  const simulation = built(members - ROUNDS, options);
  const { audit, queue } = simulation;
  let fromCall = 0;
  let fromHearing = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = simulation.now;
    const { name, contact } = simulation.startAndJoin();
    queue.runUntil(() => contact.protocol.get(name) !== undefined, start + LIMIT_MS);
    const heard = simulation.now;
    settle(simulation, start);
    fromCall = Math.max(fromCall, audit.rightSince - start);
    fromHearing = Math.max(fromHearing, audit.rightSince - heard);
  }
  const goal = bySize(members, 1, 2, 3);
  return [
    {
      what: 'a join is known to all, once one has heard of it',
      value: fromHearing / SECOND,
      unit: 's',
      goal,
    },
    { what: '… from the call', value: fromCall / SECOND, unit: 's' },
    wrongFailures(simulation),
  ];
}

/** A process is killed: its port is refused. */
function crash(members: number, options: SimulationOptions): Figure[] {
  const simulation = built(members, options);
  return [
    {
      what: 'a crash is known to all, port refused',
      value: worst(simulation, () => simulation.crash(simulation.random.pick(simulation.living))),
      unit: 's',
      goal: bySize(members, 2, 3, 4),
    },
    wrongFailures(simulation),
  ];
}

/** A host loses its power. */
function silence(members: number, options: SimulationOptions): Figure[] {
  const simulation = built(members, options);
  return [
    {
      what: 'a crash is known to all, host silent',
      value: worst(simulation, () =>
        simulation.powerOff(simulation.random.pick(simulation.living)),
      ),
      unit: 's',
      goal: bySize(members, 10, 12, 15),
    },
    wrongFailures(simulation),
  ];
}

/** 30 % of the processes are killed at once. */
function massCrash(members: number, options: SimulationOptions): Figure[] {
  return thirtyPercent(members, options, '30 % crash at once, ports refused', 'crash');
}

/** 30 % of the hosts lose their power at once. */
function massSilence(members: number, options: SimulationOptions): Figure[] {
  return thirtyPercent(members, options, '30 % crash at once, hosts silent', 'powerOff');
}

function thirtyPercent(
  members: number,
  options: SimulationOptions,
  what: string,
  how: 'crash' | 'powerOff',
): Figure[] {
  const simulation = built(members, options);
  const start = simulation.now;
  const goal = bySize(members, 15, 20, 30);
  const victims = simulation.random.sample(simulation.members, Math.round(members * 0.3));
  simulation[how](...victims);
  let connected = Number.NaN;
  const look = () => {
    if (!simulation.connected) connected = Number.NaN;
    else if (Number.isNaN(connected)) connected = simulation.now;
    simulation.queue.at(simulation.now + LOOK_MS, look);
  };
  look();
  settle(simulation, start);
  const right = simulation.audit.rightSince - start;
  return [
    { what: `${what}: rosters right`, value: right / SECOND, unit: 's', goal },
    { what: '… the rest connected', value: (connected - start) / SECOND, unit: 's', goal },
    wrongFailures(simulation),
  ];
}

/** The network is split in halves for ten minutes, and healed. */
function split(members: number, options: SimulationOptions): Figure[] {
  const simulation = built(members, options);
  const half = simulation.random.sample(simulation.members, Math.floor(members / 2));
  const cut = simulation.now;
  simulation.split(half);
  simulation.queue.runTo(cut + 10 * MINUTE);
  const apart = simulation.audit.rightSince - cut;
  const wrong = simulation.audit.wrongLeaves.length;
  const start = simulation.now;
  simulation.heal();
  settle(simulation, start);
  return [
    {
      what: 'one network again after a split of 10 min',
      value: (simulation.audit.rightSince - start) / SECOND,
      unit: 's',
      goal: bySize(members, 60, 60, 90),
    },
    { what: '… each half right after the cut', value: apart / SECOND, unit: 's' },
    { what: '… wrongly shown as failed, while split', value: wrong, unit: '', goal: 0 },
    {
      what: '… and afterwards',
      value: simulation.audit.wrongLeaves.length - wrong,
      unit: '',
    },
  ];
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'join', run: join },
  { name: 'crash', run: crash },
  { name: 'silence', run: silence },
  { name: 'rest', run: rest },
  { name: 'mass-crash', run: massCrash },
  { name: 'mass-silence', run: massSilence },
  { name: 'split', run: split },
];

function built(members: number, options: SimulationOptions): Simulation {
  const simulation = new Simulation(options);
  simulation.build(members);
  return simulation;
}

/** The longest of several rounds until all lists were right for good, in seconds. */
function worst(simulation: Simulation, disturb: () => void): number {
  let longest = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = simulation.now;
    disturb();
    settle(simulation, start);
    longest = Math.max(longest, simulation.audit.rightSince - start);
  }
  return longest / SECOND;
}

/** Runs until all lists are right, and on, to see whether they stay so. */
function settle({ audit, queue }: Simulation, start: number): void {
  queue.runUntil(() => audit.allRight, start + LIMIT_MS);
  queue.runTo(queue.now + AFTERMATH_MS);
}

function wrongFailures({ audit }: Simulation): Figure {
  return {
    what: '… wrongly shown as failed',
    value: audit.wrongLeaves.length,
    unit: '',
    goal: 0,
  };
}

function bySize(members: number, hundred: number, thousand: number, more: number): number {
  if (members <= 100) return hundred;
  return members <= 1_000 ? thousand : more;
}
