import test from 'ava';
import fc from 'fast-check';
import { AnchorTree } from '../../../src/anchor/anchor-tree.js';
import { errorCode } from '../../../src/base/error.js';
import { REGISTRY } from '../../../src/kinds/registry.js';

const newTree = () => new AnchorTree('X0123456789abcdef', REGISTRY);

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { maxLength: 3 });
const command = fc.record({ verb: fc.constantFrom('mkdir' as const, 'rmdir' as const), path });

/** The tree as a set of paths: what a file system would do. */
function expected(model: Set<string>, verb: 'mkdir' | 'rmdir', names: readonly string[]) {
  const key = names.join('/');
  const parent = names.slice(0, -1).join('/');
  if (names.length === 0) return 'EPERM';
  if (!model.has(parent)) return 'ENOENT';
  if (verb === 'mkdir') return model.has(key) ? 'EEXIST' : undefined;
  if (!model.has(key)) return 'ENOENT';
  return [...model].some((other) => other.startsWith(`${key}/`)) ? 'ENOTEMPTY' : undefined;
}

test('mkdir and rmdir in any order do what directories do, with their errnos', (t) => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const tree = newTree();
      const model = new Set(['']);
      const ids = new Set<number>();
      for (const { verb, path: names } of commands) {
        const code = expected(model, verb, names);
        try {
          if (verb === 'rmdir') {
            tree.rmdir(names);
            model.delete(names.join('/'));
          } else {
            const { id } = tree.mkdir(names);
            model.add(names.join('/'));
            t.false(ids.has(id), 'an id is never used again');
            ids.add(id);
          }
          t.is(code, undefined);
        } catch (error) {
          t.is(errorCode(error), code);
        }
      }
      for (const key of model) {
        const names = key.split('/').filter((part) => part !== '');
        const depth = names.length + 1;
        const below = [...model].filter(
          (other) =>
            other !== '' &&
            other.split('/').length === depth &&
            (key === '' || other.startsWith(`${key}/`)),
        );
        t.is(tree.view(names).anchors.length, below.length);
      }
    }),
  );
});

test('the time of change moves with every change, and watchers are told of each', (t) => {
  const tree = newTree();
  const told: string[] = [];
  const watch = tree.watch([], (changed, gone) => told.push(`${gone ? '-' : '+'}${changed}`));
  const times = new Set([tree.view([]).changed]);
  for (let i = 0; i < 100; i += 1) {
    tree.mkdir(['x']);
    times.add(tree.view([]).changed);
    tree.rmdir(['x']);
    times.add(tree.view([]).changed);
  }
  t.is(times.size, 201);
  t.is(told.length, 200);
  watch[Symbol.dispose]();
  tree.mkdir(['x']);
  t.is(told.length, 200);
});

test('names that cannot be directories, or are control files there, are refused', (t) => {
  const tree = newTree();
  tree.mkdir(['a']);
  for (const bad of ['', '.', '..', 'x/y', 'x\0y', '\ud800']) {
    t.throws(() => tree.mkdir([bad]), { code: 'EINVAL' });
  }
  t.throws(() => tree.mkdir(['€'.repeat(86)]), { code: 'ENAMETOOLONG' });
  t.throws(() => tree.mkdir(['join']), { code: 'EEXIST' });
  t.throws(() => tree.mkdir(['a', 'help']), { code: 'EEXIST' });
  t.notThrows(() => tree.mkdir(['a', 'join']));
  tree.attach(['a'], { kind: 'proc', alive: true });
  t.throws(() => tree.mkdir(['a', 'stdin']), { code: 'EEXIST' });
  t.throws(() => tree.mkdir(['a', 'mkchan']), { code: 'EEXIST' });
});

test('an element at a path that cannot be makes none of the anchors on the way', (t) => {
  const tree = newTree();
  const element = { kind: 'chan', alive: true } as const;
  for (const bad of ['mkchan', '..', 'x'.repeat(256)]) {
    t.throws(() => tree.checkFree(['b', 'c', bad], 'chan'));
    t.throws(() => tree.attach(['b', 'c', bad], element));
  }
  t.throws(() => tree.checkFree(['join'], 'chan'), { code: 'EEXIST' });
  t.deepEqual(tree.view([]).anchors, []);
  tree.attach(['b', 'join'], element);
  t.is(tree.stat(['b', 'join']).kind, 'chan');
});

test('sentences name the whole path, with its member', (t) => {
  const tree = newTree();
  const element = { kind: 'chan', alive: true } as const;
  tree.mkdir(['a']);
  tree.mkdir(['a', 'send']);
  tree.attach(['a', 'b', 'c'], element);
  tree.attach(['a', 'r'], { kind: 'docker', alive: true });
  const failing: ReadonlyArray<readonly [() => unknown, string]> = [
    [() => tree.stat(['a', 'x', 'y']), 'there is no anchor …/a/x'],
    [() => tree.rmdir([]), '… is a member: members come by joining and go by leaving'],
    [() => tree.rmdir(['a', 'b']), '…/a/b has sub-anchors; remove them first'],
    [() => tree.rmdir(['a', 'b', 'c']), '…/a/b/c has a live channel; scrub it first'],
    [() => tree.mkdir(['a', 'b']), 'there is an anchor …/a/b already'],
    [() => tree.mkdir(['a', '..']), '".." cannot be the name of an anchor in …/a'],
    [() => tree.mkdir(['join']), '…/join is a control file'],
    [() => tree.mkdir(['a', 'help']), '…/a/help is a control file'],
    [() => tree.mkdir(['a', 'b', 'c', 'send']), '…/a/b/c/send is a control file'],
    [
      () => tree.mkdir(['a', 'b', 'c', 'mkproc']),
      '…/a/b/c/mkproc is a control file where there is no element',
    ],
    [() => tree.attach(['a', 'new', 'mkproc'], element), '…/a/new/mkproc is a control file'],
    [() => tree.mkdir(['x'.repeat(256)]), 'the name of an anchor in … has at most 255 bytes'],
    [() => tree.element(['a', 'y']), 'there is no anchor …/a/y'],
    [() => tree.attach(['a', 'b', 'c'], element), '…/a/b/c has a channel already'],
    [() => tree.attach(['a', 'r'], element), '…/a/r has a container already'],
    [() => tree.rmdir(['a', 'r']), '…/a/r has a live container; scrub it first'],
    [
      () => tree.attach([], element),
      '… is a member, which cannot be an element; make an anchor on it',
    ],
    [
      () => tree.attach(['a'], element),
      'the sub-anchor …/a/send would be hidden by a control file',
    ],
  ];
  for (const [run, sentence] of failing) {
    t.throws(run, { message: sentence.replace('…', '/X0123456789abcdef') });
  }
});
