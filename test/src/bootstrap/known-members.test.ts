import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import {
  COMPLAINT_INTERVAL_MS,
  KnownMembers,
  MAX_KNOWN,
  RETRY_MS,
  WRITE_PAUSE_MS,
} from '../../../src/bootstrap/known-members.js';
import { Janitor } from '../../janitor.js';
import { newAddress, newRecord, StubMembership } from './stub-membership.js';

function known(t: ExecutionContext, before = '', directory = new Janitor(t).directory) {
  const file = join(directory, 'members');
  if (before !== '') writeFileSync(file, before);
  const membership = new StubMembership();
  const lines: string[] = [];
  const list = new KnownMembers({ file, membership, log: (line) => lines.push(line) });
  const kept = () => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return text.split('\n').slice(0, -1);
  };
  return { membership, list, lines, kept };
}

/** Replaces the clock by one that moves when the test says so. */
function ownClock(t: ExecutionContext): (milliseconds: number) => void {
  let now = 0;
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(performance, 'now', () => now);
  t.teardown(() => mock.reset());
  return (milliseconds) => {
    now += milliseconds;
    mock.timers.tick(milliseconds);
  };
}

/** A file system of its own that is full until the file whose path is returned is removed. */
function fullDisk(t: ExecutionContext): string {
  const { directory } = new Janitor(t);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', directory]);
  const filler = join(directory, 'filler');
  const { bsize, bavail } = statfsSync(directory);
  writeFileSync(filler, Buffer.alloc(bsize * bavail));
  return filler;
}

test('a hundred members of a large network are kept, others by each member, and they stay the same', async (t) => {
  const records = Array.from({ length: 2_000 }, newRecord);
  const lists: string[][] = [];
  for (let i = 0; i < 2; i += 1) {
    const { membership, list, kept } = known(t);
    membership.come(...records);
    await list.close();
    t.is(kept().length, MAX_KNOWN);
    t.is(new Set(kept()).size, MAX_KNOWN);
    lists.push(kept());
    const again = known(t);
    Object.assign(again.membership, { self: membership.self });
    again.membership.come(...records.toReversed());
    await again.list.close();
    t.deepEqual(again.kept(), kept());
  }
  t.notDeepEqual(lists[0], lists[1]);
});

test('listed and suspected members are kept before failed ones, the last to fail first; those that left are not kept', async (t) => {
  const { membership, list, kept } = known(t);
  const [one, two, three, four] = [newRecord(), newRecord(), newRecord(), newRecord()] as const;
  membership.come(one, two, three, four);
  membership.go(one, 'failed');
  membership.go(two, 'failed');
  membership.go(three, 'left');
  membership.suspect(four, 0);
  await list.close();
  t.deepEqual(
    kept(),
    [four, two, one].map(({ addr }) => addr),
  );
});

test('however many fail, no more than a hundred are kept', async (t) => {
  const { membership, list, kept } = known(t);
  for (let i = 0; i < 300; i += 1) {
    const record = newRecord();
    membership.come(record);
    membership.go(record, 'failed');
  }
  await list.close();
  t.is(kept().length, MAX_KNOWN);
});

test('the members of the run before are kept until one of them has answered', async (t) => {
  const before = [newAddress().toString(), newAddress().toString()];
  const { membership, list, kept } = known(t, `${before.join('\n')}\n`);
  t.deepEqual(list.earlier.map(String), before);
  const record = newRecord();
  membership.come(record);
  await list.close();
  t.deepEqual(kept(), [record.addr, ...before]);
  const second = known(t, `${before.join('\n')}\n`);
  second.membership.come(record);
  second.list.forgetEarlier();
  await second.list.close();
  t.deepEqual(second.kept(), [record.addr]);
});

test('a membership that is closed after the list takes nothing from it', async (t) => {
  const { membership, list, kept } = known(t);
  const record = newRecord();
  membership.come(record);
  await list.close();
  await membership.close();
  list.forgetEarlier();
  t.deepEqual(kept(), [record.addr]);
});

// Serial tests run before the others, so they have the clock for themselves.
test.serial(
  'the first change is kept at once, and the changes that follow soon after are kept together',
  async (t) => {
    const pass = ownClock(t);
    const { membership, list, kept } = known(t);
    const keeps = async (count: number) => {
      while (kept().length !== count) await setImmediate();
    };
    const [one, two, three] = [newRecord(), newRecord(), newRecord()] as const;
    membership.come(one);
    pass(1);
    await keeps(1);
    t.deepEqual(kept(), [one.addr]);
    membership.come(two);
    pass(WRITE_PAUSE_MS / 2);
    membership.come(three);
    pass(WRITE_PAUSE_MS / 2 - 1);
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    t.is(kept().length, 1, 'not before the pause is over');
    pass(1);
    await keeps(3);
    await list.close();
  },
);

test.serial(
  'on a full disk the members are kept within a minute after there is room, and the log says both',
  async (t) => {
    const pass = ownClock(t);
    const filler = fullDisk(t);
    const directory = dirname(filler);
    const { membership, list, lines, kept } = known(t, '', directory);
    const logs = async (count: number) => {
      while (lines.length < count) await setImmediate();
    };
    const one = newRecord();
    membership.come(one);
    pass(1);
    await logs(1);
    t.regex(
      lines[0] ?? '',
      /^the members are not kept for the next start: ENOSPC: .*; trying again$/,
    );
    t.deepEqual(readdirSync(directory), ['filler']);
    // It fails twice more, which is not logged within the minute.
    pass(COMPLAINT_INTERVAL_MS - 1);
    await list.clear();
    t.is(lines.length, 1);
    pass(RETRY_MS);
    await logs(2);
    t.is(lines[1], lines[0]);
    rmSync(filler);
    pass(60_000);
    await logs(3);
    t.is(lines[2], 'the members are kept for the next start again');
    t.deepEqual(kept(), [one.addr]);
    t.deepEqual(readdirSync(directory), ['members']);
    await list.close();
  },
);

test.serial('an orderly end does not wait for room on a full disk', async (t) => {
  ownClock(t);
  const filler = fullDisk(t);
  const { membership, list, lines } = known(t, '', dirname(filler));
  membership.come(newRecord());
  await list.close();
  t.regex(lines.join('\n'), /^the members are not kept for the next start: ENOSPC: [^;]*$/);
  t.deepEqual(readdirSync(dirname(filler)), ['filler']);
});
