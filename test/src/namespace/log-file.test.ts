import test from 'ava';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { OperationsLog } from '../../../src/base/log.js';
import { logFile } from '../../../src/namespace/log-file.js';
import { StubMembership } from '../bootstrap/stub-membership.js';

const { signal } = new AbortController();
const CALLER = { uid: 0, gid: 0, pid: 1, filesOwner: 0, signal, aborted: false };

test('a reader that falls behind goes on with the oldest line that is kept, and sees none twice', async (t) => {
  const log = new OperationsLog(() => {});
  const member = new LocalMember({ membership: new StubMembership(), log, shutdown: () => {} });
  const file = logFile(member, [], 'log');
  const handle = await file.open({ read: true, write: false, append: false }, CALLER);
  let offset = 0;
  const read = async () => {
    const data = (await handle.read?.(offset, 4096, false, CALLER)) ?? new Uint8Array();
    offset += data.length;
    return Buffer.from(data).toString();
  };
  let seen = '';
  // Written faster than it is read, so that most of it is dropped unread; then read to the end.
  for (let i = 0; i < 1_000; i += 1) {
    for (let line = 0; line < 40; line += 1) log.event(`line ${40 * i + line} ${'x'.repeat(100)}`);
    seen += await read();
  }
  for (let piece = await read(); piece !== ''; piece = await read()) seen += piece;
  const numbers = [...seen.matchAll(/ - line (\d+) /g)].map(([, number]) => Number(number));
  t.deepEqual(
    numbers,
    [...new Set(numbers)].sort((one, other) => one - other),
  );
  t.true(numbers.length < 40_000);
  t.is(numbers.at(-1), 39_999);
});
