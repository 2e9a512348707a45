import test from 'ava';
import type { MemberEntry } from '../../../src/anchor/circuit.js';
import { newMemberName } from '../../../src/base/address.js';
import {
  duration,
  type Facts,
  healthLines,
  healthOf,
  type Report,
} from '../../../src/cli/health.js';
import { logLines } from '../../../src/cli/log-lines.js';

const [self, other] = [newMemberName(), newMemberName()];
const NOW = Date.parse('2026-11-30T12:00:00Z');

function entry(name: typeof self, more: Partial<MemberEntry> = {}): MemberEntry {
  const known = { host: 'web1', addressHost: '10.0.0.1', version: '1.0.0' };
  return { name, joined: 0, state: 'alive', ...known, ...more };
}

const WELL: Facts = {
  now: NOW,
  authority: '10.0.0.1:11022',
  peek: {
    Name: self,
    Addr: '',
    Joined: '',
    State: 'alive',
    Since: '',
    Host: 'web1',
    Pid: 42,
    Version: '1.0.0',
  },
  peers: { Active: [other], Passive: [] },
  members: [entry(self), entry(other)],
  report: { uptimeSeconds: 90_061, openFiles: { open: 30, limit: 1024 }, mount: '/circuit' },
  log: [],
  mountLook: {},
};

const failed = (at: string) => logLines(`${at} - ${other} failed\n`);
const report = (more: Partial<Report>) => ({ report: { ...WELL.report, ...more } });
const searching = (seconds: number, ...failures: string[]) => ({
  ...report({ search: { seconds, failures } }),
  members: [entry(self)],
  peers: { Active: [], Passive: [] },
});
const [REFUSED, SILENT] = [
  'web2 is not joined yet: 10.0.0.2:11022 refused us: it has another cluster key, or none',
  'web3 is not joined yet: nobody listens on 10.0.0.3:11022',
];
const noMount = { mount: null, mountFailure: 'there is no /circuit' };

for (const [reason, facts] of [
  ['it is not mounted: there is no /circuit', report(noMount)],
  ['its mount on /circuit does not answer', { mountLook: { wrong: 'does not answer' } }],
  [
    `/${other} on web1 does not answer`,
    { members: [entry(self), entry(other, { state: 'suspect' })] },
  ],
  [`/${other} failed 30 s ago`, { log: failed('2026-11-30T11:59:30Z'), members: [entry(self)] }],
  [`it is alone: ${REFUSED}; ${SILENT}`, searching(10, REFUSED, SILENT)],
  ['it keeps no links to others, though it knows of 1', { peers: { Active: [], Passive: [] } }],
  [
    '1000 of the 1024 files that it may have are open',
    report({ openFiles: { open: 1000, limit: 1024 } }),
  ],
  ['it has no descriptor left to count its open files with', report({ openFiles: null })],
] as const) {
  test(`a daemon is not well, and its first line says so: ${reason.replaceAll(/X\w+/g, 'X…')}`, (t) => {
    const health = healthOf({ ...WELL, ...facts });
    t.deepEqual([health.Well, health.Reasons], [false, [reason]]);
    t.is(healthLines(health)[0], `not well: ${reason}`);
  });
}

for (const [what, facts] of [
  ['all is as it should be', {}],
  ['its mount is not to be there', { ...report({ mount: null }), mountLook: undefined }],
  ['its mount cannot be looked at from here', { mountLook: undefined }],
  [
    'another member has another version',
    { members: [entry(self), entry(other, { version: '0.9' })] },
  ],
  ['it is alone, and looks for nobody', searching(1_000)],
  ['it is alone, and has just begun to look for others', searching(9.9, REFUSED)],
  [
    'it is in a network, and looks for others',
    report({ search: { seconds: 1_000, failures: [REFUSED] } }),
  ],
  ['a member failed long ago', { log: failed('2026-11-30T11:49:00Z') }],
  [
    'a member that failed has come back',
    {
      log: [
        ...failed('2026-11-30T11:59:00Z'),
        ...logLines(`2026-11-30T11:59:30Z - ${other} joined\n`),
      ],
    },
  ],
] as const) {
  test(`a daemon is well: ${what}`, (t) => {
    const health = healthOf({ ...WELL, ...facts });
    t.deepEqual([health.Well, health.Reasons], [true, []]);
    t.is(healthLines(health)[0], 'well');
  });
}

test('the screen tells of the daemon, of other versions and of the last errors', (t) => {
  const log = logLines(`2026-11-30T11:00:00Z uid=0 pid=7 /X/join junk: EINVAL: not an address
2026-11-30T11:00:01Z uid=0 pid=7 /X/leave: ok
2026-11-30T11:00:02Z - ${other} joined
2026-11-30T11:00:03Z - not joined again yet: nobody answers; trying again
2026-11-30T11:00:04Z - mounted on /circuit
2026-11-30T11:00:05Z - the cluster key in /key can be read by others
2026-11-30T11:00:06Z cut off in the mid`);
  const members = [entry(self), entry(other, { version: '0.9' })];
  const text = healthLines(healthOf({ ...WELL, members, log })).join('\n');
  t.true(text.includes(`/${self} on web1, version 1.0.0`));
  t.true(text.includes('process 42, up 1 d 1 h, listens on 10.0.0.1:11022'));
  t.true(text.includes(`/${other} on web1 has version 0.9`));
  const errors = text.slice(text.indexOf('lately')).split('\n');
  t.deepEqual(
    errors.map((line) => line.slice(9)),
    [
      '2026-11-30T11:00:00Z uid=0 pid=7 /X/join junk: EINVAL: not an address',
      '2026-11-30T11:00:03Z - not joined again yet: nobody answers; trying again',
      '2026-11-30T11:00:05Z - the cluster key in /key can be read by others',
    ],
  );
});

test('a daemon that was not met is left out of the last errors when that is mended', (t) => {
  const lines = [REFUSED, SILENT].map((sentence) => `${sentence}; trying again from time to time`);
  const log = logLines(lines.map((line) => `2026-11-30T11:00:00Z - ${line}\n`).join(''));
  const shown = (more: Partial<Report>) =>
    healthOf({ ...WELL, ...report(more), log }).Errors?.map(({ What }) => What);
  const [first, second] = lines.map((line) => `- ${line}`);
  t.deepEqual(shown({}), [first, second], 'of an earlier build it is not known');
  t.deepEqual(shown({ search: { seconds: 60, failures: [SILENT] } }), [second]);
  t.deepEqual(shown({ search: { seconds: 60, failures: [] } }), []);
});

test('a time is told in its two largest units', (t) => {
  const told = [0.2, 59, 61, 3_600, 3_661, 90_061].map(duration);
  t.deepEqual(told, ['0 s', '59 s', '1 min 1 s', '1 h', '1 h 1 min', '1 d 1 h']);
});
