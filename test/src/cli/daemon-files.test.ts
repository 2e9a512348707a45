import test from 'ava';
import { isPeek, isPeers, isReport, parseFile } from '../../../src/cli/daemon-files.js';

const PEEK = { Name: 'X1', Addr: 'circuit://…', Host: 'web1', Pid: 42, Version: '1.0.0' };

test('the files of a daemon are read, also those of an earlier build that tells less', (t) => {
  const { Pid: _pid, Version: _version, ...earlier } = PEEK;
  for (const peek of [PEEK, earlier]) {
    t.deepEqual(parseFile('peek', JSON.stringify(peek), isPeek), { ...peek });
  }
  const peers = { Active: ['X1'], Passive: [] };
  t.deepEqual(parseFile('peers', JSON.stringify(peers), isPeers), peers);
  const openFiles = { open: 3, limit: null };
  const search = { seconds: 1.5, failures: ['web2 is not joined yet'] };
  for (const more of [{}, { mount: null, openFiles: null }, { mount: '/c', openFiles, search }]) {
    const report = { uptimeSeconds: 3, ...more };
    t.deepEqual(parseFile('stk', JSON.stringify(report), isReport), { ...report });
  }
});

for (const [name, is, texts] of [
  [
    'peek',
    isPeek,
    ['', '{', 'null', '[]', '{"Name":"X1"}', JSON.stringify({ ...PEEK, Pid: '42' })],
  ],
  ['peers', isPeers, ['{}', '{"Active":{}}', '{"Active":[1]}', '{"active":[]}']],
  [
    'stk',
    isReport,
    [
      '{}',
      '{"uptimeSeconds":1,"mount":7}',
      '{"uptimeSeconds":1,"openFiles":{}}',
      '{"uptimeSeconds":1,"search":[]}',
    ],
  ],
] as const) {
  test(`a file of another form is told in one sentence: ${name}`, (t) => {
    for (const text of texts) {
      const message = `the daemon is of another build: this one cannot read its file ${name}`;
      t.throws(() => parseFile<unknown>(name, text, is), { code: 'EPROTO', message }, text);
    }
  });
}
