import test, { type ExecutionContext } from 'ava';
import { timeLeft } from '../../../src/base/time-left.js';
import { Discovery } from '../../../src/bootstrap/discovery.js';
import { MembershipDriver } from '../../../src/membership/driver.js';
import type { Link } from '../../../src/membership/membership.js';
import { multicastInterfaces, parseGroup } from '../../../src/transport/multicast-group.js';
import { newGroup } from '../../host/multicast.js';
import { newAddress, newRecord } from '../bootstrap/stub-membership.js';

/** A clock and timers in the hands of the test: they move and fire when it says so. */
function clock(t: ExecutionContext) {
  const { setTimeout, performance } = globalThis;
  const { now } = performance;
  let ahead = 0;
  const delays: number[] = [];
  const waiting: Array<() => void> = [];
  const set = (run: () => void, delay = 0): NodeJS.Timeout => {
    delays.push(delay);
    waiting.push(run);
    // A real timer, which never fires, so that it can be cleared.
    return setTimeout(() => {}, 2 ** 31 - 1).unref();
  };
  Object.assign(globalThis, { setTimeout: Object.assign(set, setTimeout) });
  Object.assign(performance, { now: () => now.call(performance) + ahead });
  t.teardown(() => Object.assign(globalThis, { setTimeout }));
  t.teardown(() => Object.assign(performance, { now }));
  return {
    delays,
    suspend: (milliseconds: number) => {
      ahead += milliseconds;
    },
    fire: () => waiting.shift()?.(),
  };
}

const isTaken = (delay: number) => delay >= 0 && delay < 2 ** 31;

test.serial('no timer is set for a negative time, or for longer than timers can wait', (t) => {
  const now = performance.now();
  t.is(timeLeft(now - 10_000), 0);
  t.is(timeLeft(Number.NEGATIVE_INFINITY), 0);
  t.is(timeLeft(Number.POSITIVE_INFINITY), 2 ** 31 - 1);
  const left = timeLeft(now + 60_000);
  t.true(left > 0 && left <= 60_000, `${left}`);
});

test.serial('a daemon that was suspended announces itself without a negative delay', async (t) => {
  const group = parseGroup(newGroup().text);
  const discovery = new Discovery({
    group,
    interfaces: multicastInterfaces(group, { name: 'lo' }),
    address: newAddress(),
    heard: () => 'ignored',
    log: () => {},
  });
  t.teardown(() => discovery.close());
  await discovery.open();
  const { delays, suspend, fire } = clock(t);
  discovery.announce();
  for (let time = 0; time < 5; time += 1) {
    suspend(100_000);
    fire();
  }
  t.is(delays.length, 6);
  t.deepEqual(
    delays.filter((delay) => !isTaken(delay)),
    [],
  );
});

test.serial(
  'a join that was suspended while it connected ends without a negative delay',
  async (t) => {
    const { delays, suspend, fire } = clock(t);
    const peer = newAddress();
    const link: Link = {
      peer: peer.toString(),
      send: () => {},
      sendAndWait: async () => {},
      hold: () => ({ [Symbol.dispose]: () => {} }),
      whenSilent: () => ({ [Symbol.dispose]: () => {} }),
      closed: new Promise(() => {}),
    };
    const links = {
      connect: async () => {
        suspend(100_000);
        return link;
      },
      standing: () => undefined,
      probe: async () => {},
    };
    const driver = new MembershipDriver({ self: newRecord(), links, displaced: () => {} });
    t.teardown(() => driver.close());
    const joining = driver.join(peer);
    // The last of the timers is the join's own.
    const late = t.throwsAsync(joining, { code: 'ETIMEDOUT' });
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise(setImmediate);
      fire();
    }
    await late;
    t.deepEqual(
      delays.filter((delay) => !isTaken(delay)),
      [],
    );
  },
);
