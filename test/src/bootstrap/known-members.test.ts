import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import {
  COMPLAINT_INTERVAL_MS,
  FORGET_AFTER_MS,
  KnownMembers,
  MAX_KNOWN,
  RETRY_MS,
  WRITE_PAUSE_MS,
} from '../../../src/bootstrap/known-members.js';
import { Janitor } from '../../janitor.js';
import { newRecord, StubMembership } from './stub-membership.js';

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

test('a member of the run before is kept and looked for until one is met where it listened', async (t) => {
  const [gone, back] = [newRecord(), newRecord()] as const;
  const before = [gone.addr, back.addr];
  const { membership, list, kept } = known(t, `${before.join('\n')}\n`);
  t.deepEqual(list.sought().map(String), before);
  const other = newRecord();
  membership.come(other);
  t.deepEqual(list.sought().map(String), before, 'one network was found, and there may be another');
  // It was started again, so all but its host and port is another.
  const restarted = { ...newRecord(), addr: back.addr.replace(/1\/Q.*/, `2/Q${'0'.repeat(32)}`) };
  membership.come(restarted);
  t.deepEqual(list.sought().map(String), [gone.addr]);
  await list.close();
  t.deepEqual(kept().sort(), [other.addr, restarted.addr, gone.addr].sort());
});

test('members that have failed are looked for by one that is alone', async (t) => {
  const { membership, list } = known(t);
  const [one, two] = [newRecord(), newRecord()] as const;
  membership.come(one, two);
  membership.go(one, 'failed');
  t.deepEqual(list.sought(), [], 'the membership dials it');
  membership.go(two, 'failed');
  t.deepEqual(list.sought().map(String), [two.addr, one.addr]);
  await list.close();
});

// Serial tests run before the others, so they have the clock for themselves.
test.serial(
  'an hour after a network was found, those that are not in it are forgotten',
  async (t) => {
    const pass = ownClock(t);
    const record = newRecord();
    const { membership, list, kept } = known(t, `${record.addr}\n`);
    pass(FORGET_AFTER_MS + 1);
    t.is(list.sought().length, 1, 'not while it is alone');
    const other = newRecord();
    membership.come(other);
    t.deepEqual(list.sought(), []);
    await list.close();
    t.deepEqual(kept(), [other.addr]);
  },
);

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

test('what stands in the place of the file, and is none, does not hold up the daemon', async (t) => {
  const { directory } = new Janitor(t);
  execFileSync('mkfifo', [join(directory, 'members')]);
  const { list, lines } = known(t, '', directory);
  t.deepEqual(list.sought(), []);
  t.deepEqual(lines, [`${join(directory, 'members')} is ignored: it is not a regular file`]);
  await list.close();
});
