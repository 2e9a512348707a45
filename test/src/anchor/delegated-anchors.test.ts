import test from 'ava';
import { DelegatedAnchors } from '../../../src/anchor/delegated-anchors.js';

test('of a member with very many anchors the longest listing is known', (t) => {
  const anchors = new DelegatedAnchors();
  const entry = { id: 1, changed: 1n };
  const names = Array.from({ length: 20_000 }, (_, i) => String(i));
  const known = (path: string) => names.filter((name) => anchors.get([path, name])).length;
  anchors.addView(['a'], { ...entry, anchors: names.map((name) => ({ name, ...entry })) });
  t.deepEqual([anchors.get(['a']), known('a')], [entry, names.length]);
  for (const name of names) anchors.add(['b', name], entry);
  t.true(known('a') + known('b') <= 25_000);
  t.deepEqual(anchors.get(['b', '19999']), entry);
});
