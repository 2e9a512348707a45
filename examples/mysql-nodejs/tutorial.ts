/**
 * The tutorial as a program: a database on one host, an application on another, and their guard.
 *
 *   PASSWORD=… node tutorial.js ADDRESS-FILE DATABASE-HOST APPLICATION-HOST
 *
 * makes what is not there yet. It makes each of the two again when it has ended, and says so on the
 * channel `events` of the member that it is connected to. It runs until Ctrl-C and leaves all as it is:
 * another one goes on with it. Both hosts have the other files of this folder in /srv/mysql-nodejs.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Anchor, CircuitError, type Command, dial, type MemberEntry } from 'circuitfs';

const FOLDER = '/srv/mysql-nodejs';
/** A program that ends at once is started so often, in milliseconds. */
const START_INTERVAL = 1_000;

const [addressFile, databaseHost, applicationHost] = process.argv.slice(2);
const { PATH, PASSWORD } = process.env;
if (!addressFile || !databaseHost || !applicationHost || !PASSWORD) {
  console.error('usage: PASSWORD=… tutorial ADDRESS-FILE DATABASE-HOST APPLICATION-HOST');
  process.exit(2);
}
const secrets = [`PATH=${PATH}`, `PASSWORD=${PASSWORD}`];

await using circuit = await dial(readFileSync(addressFile, 'utf8'));
const here = circuit.anchor(`/${circuit.self}`);

const events = await madeOrFound('chan', here.walk('events'), (at) => at.makeChannel(100));
const names = await madeOrFound('dns', here.walk('names'), (at) =>
  at.makeNameServer({ Listen: ':5300' }),
);
const { addressHost } = memberOn(circuit.members(), databaseHost);
const record = `db.tutorial.\t5\tIN\tA\t${addressHost}`;
const { Records: records } = await names.peek();
// Where the database has moved the name is nobody's for a moment, which app.js bears: it asks again.
if (records['db.tutorial.']?.join() !== record) {
  await names.unset('db.tutorial.');
  await names.set(record);
}

const database: Command = {
  Path: 'sh',
  Args: [`${FOLDER}/database.sh`, '/srv/mysql', addressHost],
  Env: secrets,
  Retain: 65536,
};
const application: Command = {
  Path: 'setpriv',
  Args: ['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'node', 'app.js'],
  Env: [...secrets, `NAMES=${await names.address()}`, 'DATABASE=db.tutorial', 'PORT=8080'],
  Dir: FOLDER,
  Retain: 65536,
};
await Promise.all([keep(databaseHost, 'db', database), keep(applicationHost, 'app', application)]);

/** Makes the process on the host, where it is not there, waits for its end, and so on, for ever. */
async function keep(host: string, name: string, command: Command): Promise<void> {
  let isLost = false;
  for (;;) {
    try {
      const member = memberOn(await circuit.refresh(), host);
      const anchor = circuit.anchor(`/${member.name}/${name}`);
      using kept = await madeOrFound('proc', anchor, async () => {
        const made = await anchor.makeProcess(command);
        await say(`${host}/${name} is started`);
        return made;
      });
      isLost = false;
      const [{ Phase, Exit }] = await Promise.all([kept.wait(), delay(START_INTERVAL)]);
      await say(`${host}/${name} has ended: ${Phase} ${Exit}`);
      await kept.scrub();
    } catch (error) {
      if (!circuit.isOpen || !(error instanceof CircuitError)) throw error;
      // Its host will come back; its data is there, and nowhere else.
      if (!isLost) await say(`${host}/${name} is lost: ${error.message}`);
      isLost = true;
      await delay(START_INTERVAL);
    }
  }
}

/** Nobody needs to listen: what finds no place in the channel within a second is not said. */
async function say(sentence: string): Promise<void> {
  const signal = AbortSignal.timeout(1_000);
  const line = `${new Date().toISOString()} ${sentence}\n`;
  await events.send(line, { signal }).catch(() => {});
}

function memberOn(members: readonly MemberEntry[], host: string): MemberEntry {
  const member = members.find((each) => each.host === host);
  if (!member) throw new CircuitError('EHOSTUNREACH', `there is no daemon on ${host}`);
  return member;
}

type Element = NonNullable<Awaited<ReturnType<Anchor['get']>>>;

/** The element that `make` makes at the anchor, or that an earlier run has made there. */
async function madeOrFound<E extends Element>(
  kind: E['kind'],
  anchor: Anchor,
  make: (anchor: Anchor) => Promise<E>,
): Promise<E> {
  try {
    return await make(anchor);
  } catch (error) {
    if (!(error instanceof CircuitError && error.code === 'EEXIST')) throw error;
  }
  const there = await anchor.get();
  if (!isOfKind(there)) throw new Error(`${anchor.path} is no ${kind}`);
  return there;

  function isOfKind(element: Element | undefined): element is E {
    return element?.kind === kind;
  }
}
