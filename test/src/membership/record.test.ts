import test from 'ava';
import { parseRecord, withState } from '../../../src/membership/record.js';
import { newRecord } from '../bootstrap/stub-membership.js';

test('a record keeps its host name and version over the wire, and in every state', (t) => {
  const record = newRecord();
  const parsed = parseRecord(JSON.parse(JSON.stringify(record)));
  t.deepEqual(parsed, record);
  const { host, version } = record;
  t.like(withState(parsed, 'suspect', record.name), { host, version, state: 'suspect' });
  t.like(withState(parsed, 'left'), { host, version, state: 'left' });
});

test('a record of a daemon that tells neither host name nor version is one all the same', (t) => {
  const { host: _host, version: _version, ...older } = newRecord();
  t.deepEqual(parseRecord(older), { ...older, host: '', version: '' });
});

test('a host name or a version that is not safe to show is dropped, and the member is not', (t) => {
  const record = newRecord();
  for (const bad of ['..', 'a/b', 'a\nb', '\x1b[2J', 'x'.repeat(300), 7, null, {}, ['web1']]) {
    t.deepEqual(parseRecord({ ...record, host: bad }), { ...record, host: '' });
    t.deepEqual(parseRecord({ ...record, version: bad }), { ...record, version: '' });
  }
});
