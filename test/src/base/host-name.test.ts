import test from 'ava';
import { hostNameOf } from '../../../src/base/host-name.js';
import { VERSION, versionOf } from '../../../src/base/version.js';

const LONGEST = `${'a'.repeat(63)}.${'b'.repeat(189)}`;

test('a host name is kept as it is, letters as they were written', (t) => {
  for (const name of ['web1', 'Web1.example.com', '10-0-0-7', 'db_1', '_x', 'localhost', LONGEST]) {
    t.is(hostNameOf(name), name);
  }
});

test('what is unsafe as a directory entry, on a terminal or as an argument is no host name', (t) => {
  const unsafe = [
    '',
    '.',
    '..',
    '.hidden',
    '-rf',
    '../../etc',
    'a/b',
    'a b',
    'a\n',
    'a\nb',
    'a\0b',
    'a\x1b[2J',
    'a\x7f',
    'a\x9b2J',
    'web1~X03c5',
    'wéb',
    '\u202eweb',
    'a$(id)',
    `${LONGEST}c`,
    'x'.repeat(1_000_000),
    undefined,
    null,
    7,
    true,
    ['web1'],
    { toString: () => 'web1' },
  ];
  for (const value of unsafe) t.is(hostNameOf(value), '', JSON.stringify(value)?.slice(0, 40));
});

test('a version is one of npm’s, and short', (t) => {
  for (const version of [VERSION, '0.1.0', '10.20.30-beta.1+build-7']) {
    t.is(versionOf(version), version);
  }
  const unsafe = [
    '',
    '-1',
    '1.0\n',
    '1 0',
    '1.0\x1b[2J',
    '../1',
    '1'.repeat(33),
    1,
    null,
    ['1.0.0'],
  ];
  for (const value of unsafe) t.is(versionOf(value), '', JSON.stringify(value));
});
