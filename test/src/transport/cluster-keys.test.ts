import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ClusterKeys, generateClusterKey, keyId } from '../../../src/transport/cluster-keys.js';
import { Janitor } from '../../janitor.js';

const newKeys = (count: number) => Array.from({ length: count }, generateClusterKey);

/** A file of keys, and what is in it. */
function keyFile(t: ExecutionContext, text: string): string {
  const file = join(new Janitor(t).directory, 'keys');
  writeFileSync(file, text);
  return file;
}

const textsOf = ({ all }: ClusterKeys) => all.map((key) => key.toString('base64'));

test('a file holds one key a line, between empty lines and comments; the first is used', (t) => {
  const [one = '', two = '', three = ''] = newKeys(3);
  const file = keyFile(t, `# the new one\r\n${one}\r\n\n  # old\n${two}\n${three}`);
  const keys = ClusterKeys.read(file);
  t.deepEqual(textsOf(keys), [one, two, three]);
  t.is(keys.first.toString('base64'), one);
  const ids = keys.all.map(keyId);
  t.is(new Set(ids).size, 3);
  for (const id of ids) t.regex(id, /^[0-9a-f]{8}$/);
});

test('an error names the file and the line, and does not show the line', (t) => {
  const [key = ''] = newKeys(1);
  const file = keyFile(t, `# one\n${key}\n\n${key}x\n`);
  const error = t.throws(() => ClusterKeys.read(file), { code: 'EINVAL' });
  t.true(error?.message.includes(`line 4 of ${file} `), error?.message);
  t.false(error?.message.includes(key));
  writeFileSync(file, '# nothing but this\n\n');
  t.throws(() => ClusterKeys.read(file), {
    code: 'EINVAL',
    message: /does not hold a cluster key/,
  });
});

test('a file that is read again replaces all keys, and a bad one changes nothing', async (t) => {
  const [one = '', two = '', three = ''] = newKeys(3);
  const file = keyFile(t, `${one}\n`);
  const keys = ClusterKeys.read(file);
  const { all } = keys;
  writeFileSync(file, `${two}\n${one}\n`);
  await keys.reload();
  t.deepEqual(textsOf(keys), [two, one]);
  t.not(keys.all, all);
  for (const bad of [`${three}\njunk\n`, '', '\n', `${three} ${two}\n`]) {
    writeFileSync(file, bad);
    await t.throwsAsync(keys.reload(), { code: 'EINVAL' });
    t.deepEqual(textsOf(keys), [two, one]);
  }
  rmSync(file);
  await t.throwsAsync(keys.reload(), { code: 'EINVAL', message: /cannot read .* \(ENOENT\)/ });
  t.deepEqual(textsOf(keys), [two, one]);
});

test('a pipe that nobody writes to does not hold up a reload', async (t) => {
  const [key = ''] = newKeys(1);
  const file = keyFile(t, `${key}\n`);
  const keys = ClusterKeys.read(file);
  rmSync(file);
  execFileSync('mkfifo', [file]);
  await t.throwsAsync(keys.reload(), { code: 'EINVAL' });
  t.deepEqual(textsOf(keys), [key]);
});

test('a file named by mistake, as an image of a disk, is not read to its end', async (t) => {
  const [key = ''] = newKeys(1);
  const file = keyFile(t, `${key}\n`);
  const keys = ClusterKeys.read(file);
  const refused = { code: 'EINVAL', message: /^\S+ is no file of cluster keys: it has more than/ };
  for (const huge of ['/dev/zero', keyFile(t, `${key}\n`.repeat(1000))]) {
    t.throws(() => ClusterKeys.read(huge), refused);
    rmSync(file);
    symlinkSync(huge, file);
    await t.throwsAsync(keys.reload(), refused);
    t.deepEqual(textsOf(keys), [key]);
  }
});
