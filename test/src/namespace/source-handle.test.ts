import test from 'ava';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { OperationsLog } from '../../../src/base/log.js';
import { writeAll } from '../../../src/kinds/control-file.js';
import { Renderings } from '../../../src/namespace/renderings.js';
import { sourceHandle } from '../../../src/namespace/source-handle.js';
import { StubMembership } from '../bootstrap/stub-membership.js';

const { signal } = new AbortController();
const CALLER = { uid: 0, gid: 0, pid: 1, filesOwner: 0, unique: 1, signal, aborted: false };

test('bytes that are not delivered in the middle of a message are the next that its reader gets', async (t) => {
  const log = new OperationsLog(() => {});
  const member = new LocalMember({ membership: new StubMembership(), log, shutdown: () => {} });
  const files = await member.make(['c'], 'mkchan', '0');
  const handle = sourceHandle(files, files.source('recv'), new Renderings());
  const read = async (size: number) => {
    const data = await handle.read(0, size, false, CALLER);
    return { data, text: Buffer.from(data).toString() };
  };
  const sent = writeAll(files.sink('send'), Buffer.from('one two'), { last: true });
  const begun = await read(3);
  handle.settled(begun.data, true);
  await sent;
  const lost = await read(10);
  t.is(lost.text, ' two');
  handle.settled(lost.data, false);
  for (const text of [' t', 'wo', '']) t.is((await read(2)).text, text);
  handle.release();
});
