import test from 'ava';
import fc from 'fast-check';
import { type Inode, Tree } from '../../../mount/inodes/tree.js';
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

test('whatever is looked up, replaced and forgotten: ids are never reused, counts are exact, nothing is left', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(steps, (script) => {
        const root = new ToyDirectory();
        const directories: ToyDirectory[] = [root];
        const tree = new Tree(root, ignore);
        /** What the kernel holds: references by nodeid. */
        const held = new Map<number, number>();
        const nodes = new Map<number, Node>();
        const known: Inode[] = [tree.root];
        let highest = 1;

        for (const step of script) {
          if (step.kind === 'forget') {
            const inode = known[step.inode % known.length];
            const count = Math.min(step.count, held.get(inode?.nodeid ?? 0) ?? 0);
            if (inode === undefined || count === 0) continue;
            tree.forget(inode.nodeid, count);
            held.set(inode.nodeid, (held.get(inode.nodeid) ?? 0) - count);
          } else {
            const parent = known[step.parent % known.length];
            if (parent?.node.kind !== 'directory' || !(parent.node instanceof ToyDirectory))
              continue;
            if (tree.get(parent.nodeid) === undefined) continue;
            if (step.kind === 'delete') parent.node.delete(step.name);
            if (step.kind === 'replace') {
              const made = step.directory ? new ToyDirectory() : textFile('');
              if (made instanceof ToyDirectory) directories.push(made);
              parent.node.set(step.name, made);
            }
            const node = parent.node.entries.get(step.name);
            if (step.kind !== 'lookup' || node === undefined) continue;
            const inode = tree.lookup(parent, step.name, node);
            if (!held.has(inode.nodeid)) {
              t.true(inode.nodeid > highest, 'a nodeid was used again');
              highest = inode.nodeid;
              known.push(inode);
            }
            t.true((nodes.get(inode.nodeid) ?? node) === node, 'a nodeid names another node');
            nodes.set(inode.nodeid, node);
            held.set(inode.nodeid, (held.get(inode.nodeid) ?? 0) + 1);
            t.is(tree.child(parent, step.name), inode);
          }
          for (const inode of known) {
            if (inode === tree.root) continue;
            const count = held.get(inode.nodeid) ?? 0;
            t.is(inode.lookups, count);
            t.is(tree.get(inode.nodeid), count > 0 ? inode : undefined);
          }
          for (const directory of directories) {
            const holders = known.filter(
              (inode) => inode.node === directory && tree.get(inode.nodeid) !== undefined,
            );
            t.is(directory.watchers.size, holders.length, 'a watch for each known directory');
          }
        }

        for (const [nodeid, count] of held) tree.forget(nodeid, count);
        t.is(tree.size, 1, 'the root alone is left');
        tree.dispose((error) => t.fail(String(error)));
        for (const directory of directories) t.is(directory.watchers.size, 0);
      }),
      { numRuns: 300 },
    ),
  );
});

test('a node of the same kind and id keeps its inode and answers through the new object', (t) => {
  const tree = new Tree(new ToyDirectory(), ignore);
  const before = { ...textFile('before'), id: 'same' };
  const after = { ...textFile('after'), id: 'same' };
  const inode = tree.lookup(tree.root, 'f', before);
  t.is(tree.lookup(tree.root, 'f', after), inode);
  t.is(inode.node, after);
  t.is(inode.lookups, 2);
});

test('a node of another id gets another inode, and the old one stays until it is forgotten', (t) => {
  const tree = new Tree(new ToyDirectory(), ignore);
  const before = tree.lookup(tree.root, 'f', textFile('before'));
  const after = tree.lookup(tree.root, 'f', textFile('after'));
  t.not(before.nodeid, after.nodeid);
  t.is(tree.get(before.nodeid), before);
  tree.forget(before.nodeid, 1);
  t.is(tree.get(before.nodeid), undefined);
  t.is(tree.child(tree.root, 'f'), after);
});

test('a file with ttl 0 that is open for writing is looked up as another inode', (t) => {
  const tree = new Tree(new ToyDirectory(), ignore);
  const file = openFile(0o200, () => ({ io: 'stream' }));
  const first = tree.lookup(tree.root, 'send', file);
  t.is(tree.lookup(tree.root, 'send', file), first);
  first.writers += 1;
  t.not(tree.lookup(tree.root, 'send', file), first);
});

test('forgetting more than was looked up, or what is not known, does no harm', (t) => {
  const tree = new Tree(new ToyDirectory(), ignore);
  const inode = tree.lookup(tree.root, 'f', textFile(''));
  tree.forget(inode.nodeid, 1000);
  tree.forget(inode.nodeid, 1);
  tree.forget(4711, 1);
  tree.forget(1, 1000);
  t.is(tree.size, 1);
  t.is(tree.get(1), tree.root);
});

test('a change of a known directory is told with the inode by which the kernel knows the name', (t) => {
  const root = new ToyDirectory();
  const told: unknown[] = [];
  const tree = new Tree(root, (directory, name, gone, child) =>
    told.push([directory.nodeid, name, gone, child?.nodeid]),
  );
  const inode = tree.lookup(tree.root, 'f', root.set('f', textFile('')));
  root.delete('f');
  t.deepEqual(told, [
    [1, 'f', false, undefined],
    [1, 'f', true, inode.nodeid],
  ]);
});
