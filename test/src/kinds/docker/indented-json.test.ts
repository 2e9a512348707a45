import test from 'ava';
import fc from 'fast-check';
import { indentedJson } from '../../../../src/kinds/docker/indented-json.js';

test('JSON is indented as JSON.stringify does it, however it was written', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 3), (value, indent) => {
      const given = JSON.stringify(value, undefined, indent);
      t.is(indentedJson(`${given}\n`), JSON.stringify(value, undefined, 2));
    }),
  );
});

test('numbers of 64 bits stay as they are', (t) => {
  t.is(indentedJson('{"limit":18446744073709551615}'), '{\n  "limit": 18446744073709551615\n}');
});
