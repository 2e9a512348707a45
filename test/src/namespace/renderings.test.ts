import test from 'ava';
import { Renderings } from '../../../src/namespace/renderings.js';
import { ValueFile } from '../../../src/namespace/value.js';

const { signal } = new AbortController();
const CALLER = { uid: 0, gid: 0, pid: 1, filesOwner: 0, signal, aborted: false };

test('a value that is larger than all texts that are kept is whole when it is opened', async (t) => {
  const text = 'x'.repeat(6 * 1024 * 1024);
  const source = {
    key: '/X/p',
    remote: false,
    suspected: () => false,
    names: ['cmd'],
    ask: () => new Map([['cmd', Promise.resolve(text)]]),
  };
  const value = new ValueFile(new Renderings(), source, 'cmd');
  for (const file of [value, await value.now(CALLER)]) {
    const handle = await file.open({ read: true, write: false, append: false }, CALLER);
    const data = await handle.read?.(0, text.length, false, CALLER);
    t.is(data?.length, text.length);
  }
});
