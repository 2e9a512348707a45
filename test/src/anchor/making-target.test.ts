import test, { type ExecutionContext } from 'ava';
import { memberEntry } from '../../../src/anchor/listed-member.js';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { RemoteMember } from '../../../src/anchor/remote-member.js';
import { CircuitError } from '../../../src/base/error.js';
import { interruptible } from '../../../src/base/interruptible.js';
import { OperationsLog } from '../../../src/base/log.js';
import { Registry } from '../../../src/kinds/registry.js';
import { type Element, kind, value } from '../../../src/kinds/table.js';
import { eventually } from '../../host/cluster.js';
import { deferred } from '../../mount/toy.js';
import { StubMembership } from '../bootstrap/stub-membership.js';
import { served } from './served.js';

/** A member, as a peer has it, whose bread takes as long as the test says. */
async function bakery(t: ExecutionContext) {
  const baked = deferred<void>();
  let begun = 0;
  let brokenOff = 0;
  const bread = kind<Element>('bread', {
    about: 'This anchor is a bread.',
    make: {
      file: 'mkbread',
      help: 'bake it',
      waits: true,
      parse: (text) => {
        if (text === '') throw new CircuitError('EINVAL', 'there is no dough');
        return async (_place, signal) => {
          begun += 1;
          await interruptible(baked.promise, signal).catch((error) => {
            brokenOff += 1;
            throw error;
          });
          return { alive: true, async scrub() {} };
        };
      },
    },
    files: { smell: value(() => 'good', 'its smell') },
  });
  const registry = new Registry([bread]);
  const log = new OperationsLog(() => {});
  const membership = new StubMembership();
  const local = new LocalMember({ membership, log, shutdown: () => {}, registry });
  const circuit = {
    self: local.name,
    members: () => [memberEntry(membership.self)],
    member: () => local,
    watch: () => ({ [Symbol.dispose]: () => {} }),
  };
  const connection = await served(t, circuit, log, { registry });
  const remote = new RemoteMember(local.name, async () => connection, undefined, registry);
  const begins = () =>
    eventually(
      async () => begun,
      (count) => count === 1,
    );
  const isBrokenOff = () =>
    eventually(
      async () => brokenOff,
      (count) => count === 1,
    );
  return { local, remote, connection, baked, begins, isBrokenOff };
}

test('a maker that waits is waited for, and gives the files of its element', async (t) => {
  const { remote, baked, begins } = await bakery(t);
  const making = remote.make(['b'], 'mkbread', 'dough');
  await begins();
  baked.resolve();
  using files = await making;
  t.is(await files.value('smell'), 'good\n');
  await t.throwsAsync(remote.make(['b'], 'mkbread', 'dough'), { code: 'EEXIST' });
  await t.throwsAsync(remote.make(['c'], 'mkbread', ''), {
    code: 'EINVAL',
    message: 'there is no dough',
  });
});

test('a maker that waits is broken off where its caller is interrupted', async (t) => {
  const { local, remote, begins, isBrokenOff } = await bakery(t);
  const interrupt = new AbortController();
  const making = remote.make(['b'], 'mkbread', 'dough', { signal: interrupt.signal });
  await begins();
  interrupt.abort();
  await t.throwsAsync(making, { code: 'EINTR' });
  await isBrokenOff();
  t.is(local.known(['b']), undefined);
});

test('a maker that waits is broken off where its caller is cut off', async (t) => {
  const { remote, connection, begins, isBrokenOff } = await bakery(t);
  const making = remote.make(['b'], 'mkbread', 'dough');
  await begins();
  connection.close();
  await t.throwsAsync(making, { code: 'EHOSTUNREACH' });
  await isBrokenOff();
});
