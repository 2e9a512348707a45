import test from 'ava';
import { Listeners } from '../../../src/base/listeners.js';

test('listeners are called with what is told, in the order in which they were added, until they are removed', (t) => {
  const listeners = new Listeners<[word: string]>();
  const heard: string[] = [];
  const first = listeners.add((word) => heard.push(`first ${word}`));
  listeners.add((word) => heard.push(`second ${word}`));
  listeners.tell('a');
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  listeners.tell('b');
  t.deepEqual(heard, ['first a', 'second a', 'second b']);
  t.is(listeners.size, 1);
});

test('a function that is added twice is called twice, and removed one at a time', (t) => {
  const listeners = new Listeners();
  let calls = 0;
  const count = () => {
    calls += 1;
  };
  const [one] = [listeners.add(count), listeners.add(count)];
  listeners.tell();
  t.is(calls, 2);
  one[Symbol.dispose]();
  listeners.tell();
  t.is(calls, 3);
});

test('tellOnce calls each listener once; one that adds itself again waits for the next time', (t) => {
  const listeners = new Listeners();
  let calls = 0;
  const again = () => {
    calls += 1;
    listeners.add(again);
  };
  listeners.add(again);
  listeners.tellOnce();
  t.is(calls, 1);
  listeners.tellOnce();
  t.is(calls, 2);
});
