import test from 'ava';
import fc from 'fast-check';
import { type Inode, InodeTable } from '../../../mount/inodes/inode-table.js';
import type { Node } from '../../../mount/node.js';
import { openFile, ToyDirectory, textFile } from '../toy.js';

const ignore = () => undefined;

type Step =
  | { kind: 'lookup'; parent: number; name: string }
  | { kind: 'replace'; parent: number; name: string; directory: boolean }
  | { kind: 'delete'; parent: number; name: string }
  | { kind: 'forget'; inode: number; count: number };

const names = fc.constantFrom('a', 'b', 'c');
const index = fc.nat(30);
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('lookup'), parent: index, name: names }),
    fc.record({
      kind: fc.constant('replace'),
      parent: index,
      name: names,
      directory: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('delete'), parent: index, name: names }),
    fc.record({ kind: fc.constant('forget'), inode: index, count: fc.integer({ min: 1, max: 3 }) }),
  ),
  { maxLength: 60 },
);

test('after any lookups, replacements and forgets no id was reused, counts are exact, and nothing is left', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(steps, (script) => {
        const root = new ToyDirectory();
        const directories: ToyDirectory[] = [root];
        const inodes = new InodeTable(root, ignore);
        /** The references of the kernel, by nodeid. */
        const held = new Map<number, number>();
        const nodes = new Map<number, Node>();
        const known: Inode[] = [inodes.root];
        let highest = 1;

        for (const step of script) {
          if (step.kind === 'forget') {
            const inode = known[step.inode % known.length];
            const count = Math.min(step.count, held.get(inode?.nodeid ?? 0) ?? 0);
            if (inode === undefined || count === 0) continue;
            inodes.forget(inode.nodeid, count);
            held.set(inode.nodeid, (held.get(inode.nodeid) ?? 0) - count);
          } else {
            const parent = known[step.parent % known.length];
            if (parent?.node.kind !== 'directory' || !(parent.node instanceof ToyDirectory))
              continue;
            if (inodes.get(parent.nodeid) === undefined) continue;
            if (step.kind === 'delete') parent.node.delete(step.name);
            if (step.kind === 'replace') {
              const made = step.directory ? new ToyDirectory() : textFile('');
              if (made instanceof ToyDirectory) directories.push(made);
              parent.node.set(step.name, made);
            }
            const node = parent.node.entries.get(step.name);
            if (step.kind !== 'lookup' || node === undefined) continue;
            const inode = inodes.lookup(parent, step.name, node);
            if (!held.has(inode.nodeid)) {
              t.true(inode.nodeid > highest, 'a nodeid was used again');
              highest = inode.nodeid;
              known.push(inode);
            }
            t.true((nodes.get(inode.nodeid) ?? node) === node, 'a nodeid names another node');
            nodes.set(inode.nodeid, node);
            held.set(inode.nodeid, (held.get(inode.nodeid) ?? 0) + 1);
            t.is(parent.children.get(step.name), inode);
          }
          for (const inode of known) {
            if (inode === inodes.root) continue;
            const count = held.get(inode.nodeid) ?? 0;
            t.is(inode.lookups, count);
            t.is(inodes.get(inode.nodeid), count > 0 ? inode : undefined);
          }
          for (const directory of directories) {
            const holders = known.filter(
              (inode) => inode.node === directory && inodes.get(inode.nodeid) !== undefined,
            );
            t.is(directory.watchers.size, holders.length, 'a watch for each known directory');
          }
        }

        for (const [nodeid, count] of held) inodes.forget(nodeid, count);
        const left = known.filter(({ nodeid }) => inodes.get(nodeid) !== undefined);
        t.deepEqual(left, [inodes.root], 'the root alone is left');
        inodes.dispose((error) => t.fail(String(error)));
        for (const directory of directories) t.is(directory.watchers.size, 0);
      }),
      { numRuns: 300 },
    ),
  );
});

test('a node with the same kind and id keeps its inode, which answers through the new node', (t) => {
  const inodes = new InodeTable(new ToyDirectory(), ignore);
  const before = { ...textFile('before'), id: 'same' };
  const after = { ...textFile('after'), id: 'same' };
  const inode = inodes.lookup(inodes.root, 'f', before);
  t.is(inodes.lookup(inodes.root, 'f', after), inode);
  t.is(inode.node, after);
  t.is(inode.lookups, 2);
});

test('a node with another id gets another inode, and the old one stays until it is forgotten', (t) => {
  const inodes = new InodeTable(new ToyDirectory(), ignore);
  const before = inodes.lookup(inodes.root, 'f', textFile('before'));
  const after = inodes.lookup(inodes.root, 'f', textFile('after'));
  t.not(before.nodeid, after.nodeid);
  t.is(inodes.get(before.nodeid), before);
  inodes.forget(before.nodeid, 1);
  t.is(inodes.get(before.nodeid), undefined);
  t.is(inodes.root.children.get('f'), after);
});

test('a file with ttl 0 that is open for writing gets another inode at the next lookup', (t) => {
  const inodes = new InodeTable(new ToyDirectory(), ignore);
  const file = openFile(0o200, () => ({ io: 'stream' }));
  const first = inodes.lookup(inodes.root, 'send', file);
  t.is(inodes.lookup(inodes.root, 'send', file), first);
  first.writers += 1;
  t.not(inodes.lookup(inodes.root, 'send', file), first);
});

test('forgetting too many references, or an unknown inode, does no harm', (t) => {
  const inodes = new InodeTable(new ToyDirectory(), ignore);
  const inode = inodes.lookup(inodes.root, 'f', textFile(''));
  inodes.forget(inode.nodeid, 1000);
  inodes.forget(inode.nodeid, 1);
  inodes.forget(4711, 1);
  inodes.forget(1, 1000);
  t.is(inodes.get(inode.nodeid), undefined);
  t.is(inodes.get(1), inodes.root);
});

test('a change in a known directory is reported with the inode that bears the name', (t) => {
  const root = new ToyDirectory();
  const told: unknown[] = [];
  const inodes = new InodeTable(root, (directory, name, gone, child) =>
    told.push([directory.nodeid, name, gone, child?.nodeid]),
  );
  const inode = inodes.lookup(inodes.root, 'f', root.set('f', textFile('')));
  root.delete('f');
  t.deepEqual(told, [
    [1, 'f', false, undefined],
    [1, 'f', true, inode.nodeid],
  ]);
});
