import test from 'ava';
import { KeyedJson } from '../../../src/kinds/keyed-json.js';

const KEYS = ['Colour', 'Rooms', 'Env', 'Lit', 'Lodgers'] as const;
const house = (json: string) =>
  new KeyedJson(json, KEYS, { name: 'house', example: '{"Colour": "red"}' });

test('keys match without regard to case, and null is as good as nothing', (t) => {
  const given = house('{"COLOUR":"red","rooms":["a","b"],"Lit":null,"lodgers":0}');
  t.is(given.text('Colour'), 'red');
  t.deepEqual(given.texts('Rooms'), ['a', 'b']);
  t.false(given.flag('Lit'));
  t.false(given.has('Lit'));
  t.true(given.has('Lodgers'));
  t.is(given.whole('Lodgers', 0, 9), 0);
  t.is(given.environment('Env'), undefined);
});

test('a sentence says what is wrong, and does not quote what may be secret', (t) => {
  const fails = (
    json: string,
    message: string,
    read = (_: ReturnType<typeof house>): unknown => 0,
  ) => t.throws(() => read(house(json)), { code: 'EINVAL', message }, json);
  fails('[]', 'a house is a JSON object such as {"Colour": "red"}');
  fails('{"Door":1}', 'a house has no key "Door", only Colour, Rooms, Env, Lit, Lodgers');
  fails('{"Lit":true,"lit":true}', 'the house gives "Lit" twice');
  fails('{"Colour":1}', '"Colour" is a string', (it) => it.text('Colour'));
  fails('{"Rooms":"a"}', '"Rooms" is a list of strings', (it) => it.texts('Rooms'));
  fails('{"Lit":"yes"}', '"Lit" is true or false', (it) => it.flag('Lit'));
  fails('{"Env":["hunter2"]}', 'each entry of "Env" has the form NAME=value', (it) =>
    it.environment('Env'),
  );
  for (const bad of ['10', '-1', '1.5', '"1"']) {
    fails(`{"Lodgers":${bad}}`, '"Lodgers" is a whole number of people from 0 to 9', (it) =>
      it.whole('Lodgers', 0, 9, ' of people'),
    );
  }
  const { message = '' } = t.throws(() => house('{"Colour":hunter2}')) ?? {};
  t.regex(message, /^the house is not JSON: /);
  t.false(message.includes('hunter2'));
});
