import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { ServiceNotification } from '../../../src/daemon/service-notification.js';
import { eventually } from '../../host/cluster.js';

/** A service manager that takes messages, unless it is `away`. */
function manager() {
  const state = { away: false, status: '1 member', heard: [] as string[], logged: [] as string[] };
  const send = (message: string) => {
    if (state.away) throw new Error('nobody there');
    state.heard.push(message);
  };
  const notification = new ServiceNotification(send, {
    status: () => state.status,
    log: (event) => state.logged.push(event),
  });
  const becomes = (status: string) => {
    state.status = status;
    notification.changed();
  };
  return { state, notification, becomes };
}

test('a status that changes often is told once, then as it was last, once a second', async (t) => {
  const { state, notification, becomes } = manager();
  notification.ready();
  for (let count = 2; count <= 100; count += 1) becomes(`${count} members`);
  t.deepEqual(state.heard, ['READY=1\nSTATUS=1 member\n']);
  await eventually(
    async () => state.heard.length,
    (length) => length === 2,
  );
  t.is(state.heard[1], 'STATUS=100 members\n');
  notification.stopping();
  t.is(state.heard[2], 'STOPPING=1\n');
  notification[Symbol.dispose]();
});

test('what could not be told is told when it can be, and the log says so once', async (t) => {
  const { state, notification, becomes } = manager();
  state.away = true;
  notification.ready();
  becomes('2 members');
  await delay(150);
  t.deepEqual(state.logged, ['the service manager is not told: nobody there; trying again']);
  state.away = false;
  await eventually(
    async () => state.heard,
    ({ length }) => length > 0,
  );
  t.deepEqual(state.heard, ['READY=1\nSTATUS=2 members\n']);
  t.is(state.logged.length, 1);
  notification[Symbol.dispose]();
});

test('a status is one line, whatever is in it, and the same one is told once', (t) => {
  const { state, notification, becomes } = manager();
  becomes('mounted on /a\nREADY=1');
  becomes('mounted on /a\nREADY=1');
  notification.stopping();
  t.deepEqual(state.heard, ['STATUS=mounted on /a\\x0aREADY=1\n', 'STOPPING=1\n']);
  notification[Symbol.dispose]();
});

test('after its end nothing is told', async (t) => {
  const { state, notification } = manager();
  state.away = true;
  notification.ready();
  notification[Symbol.dispose]();
  state.away = false;
  await delay(300);
  t.deepEqual(state.heard, []);
});
