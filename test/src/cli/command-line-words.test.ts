import { execFileSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { quotedForBash, SHELLS, splitCommandLine } from '../../../src/cli/command-line-words.js';

const text = fc.string({ unit: 'grapheme' });

test('what is quoted for bash is read as the same word, by bash and by us', (t) => {
  const printable = text.filter((name) => !/\p{Cc}/u.test(name));
  const names = fc.sample(printable, 200).concat(`$(id)\`id\`'"!!\\;&|<>*?[]{}~#=:@ é`);
  const quoted = names.flatMap((name) => [
    `x${quotedForBash(name, undefined)}`,
    `x'${quotedForBash(name, "'")}'`,
    `x"${quotedForBash(name, '"')}"`,
  ]);
  const read = names.flatMap((name) => [`x${name}`, `x${name}`, `x${name}`]);
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const script = `printf '%s\\0' ${quoted.join(' ')}`;
  const printed = execFileSync('bash', ['-c', script], { env, encoding: 'utf8' });
  t.deepEqual(printed.split('\0').slice(0, -1), read);
  t.deepEqual(splitCommandLine(`circuit ${quoted.join(' ')} `, 'bash', {}).before, read);
});

test('a command line of any text is split, and its end is what was typed last', (t) => {
  const property = fc.property(text, fc.constantFrom(...SHELLS), (line, shell) => {
    const { typed } = splitCommandLine(`circuit ${line}`, shell, {});
    return line.endsWith(typed);
  });
  t.notThrows(() => fc.assert(property));
});

test('a command line is split at blanks and redirections, with its variables and without what it would run', (t) => {
  const split = (line: string, shell: (typeof SHELLS)[number] = 'bash') =>
    splitCommandLine(line, shell, { H1: 'circuit://…', EMPTY: '' });
  t.deepEqual(split('A=1 circuit ls -d "$H1" /X/my\\ an').before, ['ls', '-d', 'circuit://…']);
  t.is(split('A=1 circuit ls -d "$H1" /X/my\\ an').current, '/X/my an');
  t.is(split('circuit ls -d $(cat address) /X').current, '/X');
  t.is(split('circuit ls --hmac <(ssh host cat key) /X').current, '/X');
  t.is(split("circuit ls '/X/it").current, '/X/it');
  t.is(split("circuit ls '/X/it\\'s", 'fish').current, "/X/it's");
  t.is(split('circuit ls "/X/$H1\\$').current, '/X/circuit://…$');
  t.true(split('circuit log /X > fi').redirected);
  t.true(split('circuit log /X >fi').redirected);
  t.false(split('circuit log /X > file ').redirected);
  t.deepEqual(split('circuit log > file /X').before, ['log']);
});
