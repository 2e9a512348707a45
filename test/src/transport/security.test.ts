import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { newSecret } from '../../../src/base/address.js';
import { generateClusterKey, readClusterKey } from '../../../src/transport/cluster-keys.js';
import { presharedKey } from '../../../src/transport/security.js';
import { Janitor } from '../../janitor.js';

test('the key of a connection depends on the secret and on the cluster key', (t) => {
  const { directory } = new Janitor(t);
  const file = join(directory, 'key');
  writeFileSync(file, `${generateClusterKey()}\n`);
  const clusterKey = readClusterKey(file).first;
  const [one, two] = [newSecret(), newSecret()];
  const keys = [presharedKey(one), presharedKey(two), presharedKey(one, clusterKey)];
  t.is(new Set(keys.map((key) => key.toString('hex'))).size, 3);
  t.true(keys.every((key) => key.length === 32));
  t.deepEqual(presharedKey(one, clusterKey), presharedKey(one, clusterKey));
});

test('a file without a cluster key fails with EINVAL, and is named', (t) => {
  const { directory } = new Janitor(t);
  const file = join(directory, 'key');
  for (const content of ['', 'junk', 'AAAA', `${generateClusterKey()}x`]) {
    writeFileSync(file, content);
    const error = t.throws(() => readClusterKey(file), { code: 'EINVAL' });
    t.true(error?.message.includes(file));
  }
  t.throws(() => readClusterKey(join(directory, 'missing')), {
    code: 'EINVAL',
    message: /missing/,
  });
});
