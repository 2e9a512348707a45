import test from 'ava';
import { ContainerLife } from '../../../../src/kinds/docker/container-life.js';

const stateOf = ({ phase, exit, alive, runs }: ContainerLife) => [phase, exit, alive, runs];

test('a container ends once, as it was told first, and not before it is asked why', async (t) => {
  const life = new ContainerLife();
  t.deepEqual(stateOf(life), ['running', '', true, false]);
  life.start();
  life.pause(true);
  t.deepEqual(stateOf(life), ['paused', '', true, true]);
  t.true(life.exiting(3));
  t.false(life.exiting(4));
  life.pause(true);
  t.deepEqual(stateOf(life), ['running', '', true, false]);
  life.end();
  await life.exited;
  life.start();
  t.deepEqual(stateOf(life), ['exited', '3', false, false]);
  life.remove(undefined);
  t.deepEqual(stateOf(life), ['removed', '3', false, false]);
});

test('one that ends before its start is answered has ended', (t) => {
  const life = new ContainerLife();
  t.true(life.exiting(0));
  life.start();
  life.end();
  t.deepEqual(stateOf(life), ['exited', '0', false, false]);
});

test('one that is removed has ended, with the exit that was told before, if any was', async (t) => {
  const [told, untold] = [new ContainerLife(), new ContainerLife()];
  told.start();
  told.exiting(137);
  told.remove(undefined);
  await told.exited;
  told.end();
  t.deepEqual(stateOf(told), ['removed', '137', false, false]);
  untold.remove(undefined);
  t.deepEqual(stateOf(untold), ['removed', 'unknown', false, false]);
});

test('it is `oom` where a process had no more memory and it was killed, and else not', (t) => {
  for (const [exit, phase] of [
    [137, 'oom'],
    [1, 'exited'],
  ] as const) {
    const life = new ContainerLife();
    life.start();
    life.runOutOfMemory();
    t.is(life.phase, 'running');
    life.exiting(exit);
    life.end();
    t.is(life.phase, phase);
  }
});
