import test from 'ava';
import { memberEntry } from '../../../src/anchor/listed-member.js';
import { checkMembers } from '../../../src/client/connect.js';
import { newRecord } from '../bootstrap/stub-membership.js';

test('what a daemon lists is shown as it is, and what is not safe to show as nothing', (t) => {
  const entry = memberEntry(newRecord());
  t.deepEqual(checkMembers([{ ...entry, addressHost: 'fe80::1' }]), [
    { ...entry, addressHost: 'fe80::1' },
  ]);
  const none = { ...entry, host: '', addressHost: '', version: '' };
  for (const bad of ['', '../x', 'a b', 'a\n', '\x1b[2J', '\x9b2J', 'x'.repeat(300), 7, null, []]) {
    const hostile = JSON.parse(JSON.stringify({ host: bad, addressHost: bad, version: bad }));
    t.deepEqual(checkMembers([{ ...entry, ...hostile }]), [none]);
  }
  // A daemon of an older version tells none of it.
  const { name, joined, state } = entry;
  t.deepEqual(checkMembers(JSON.parse(JSON.stringify([{ name, joined, state }]))), [none]);
});
