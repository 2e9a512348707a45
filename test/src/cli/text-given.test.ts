import test from 'ava';
import { CIRCUIT_ENV } from '../../host/cluster.js';
import { commands } from './commands.js';

test('the text of a command is given as arguments, or on standard input: as -, or where one is needed', async (t) => {
  const { circuit, own } = await commands(t);
  const at = `${own}/names`;
  const specification = '{\n  "Listen": "127.0.0.1:0",\n  "Members": "circuit.internal"\n}\n';
  t.like(await circuit(['mkdns', at, '-'], specification), { status: 0, stderr: '' });
  t.regex((await circuit(['records', at])).stdout, /circuit\.internal\. /);
  const zone = 'db.test. 60 IN A 10.0.0.1\ndb.test. 60 IN A 10.0.0.2\n';
  t.like(await circuit(['set', at], zone), { status: 0, stderr: '' });
  t.like(await circuit(['set', at, '-'], 'web.test. 60 IN A 10.0.0.3\n'), {
    status: 0,
    stderr: '',
  });
  t.like(await circuit(['set', at, 'db.test.', '60', 'IN', 'A', '10.0.0.4'], 'junk'), {
    status: 0,
  });
  const records = async () => (await circuit(['records', at])).stdout.match(/10\.0\.0\.\d/g);
  t.deepEqual((await records())?.sort(), ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']);
  t.like(await circuit(['unset', at], 'db.test.\n'), { status: 0, stderr: '' });
  t.deepEqual(await records(), ['10.0.0.3']);

  t.like(await circuit(['mkchan', `${own}/jobs`, '-'], '3\n'), { status: 0, stderr: '' });
  t.is((await circuit(['cap', `${own}/jobs`])).stdout, '3\n');
  t.like(await circuit(['mkproc', `${own}/p`], '{"Path":"cat"}'), { status: 0 });
  t.like(await circuit(['signal', '-', `${own}/p`], 'KILL\n'), { status: 0, stderr: '' });
  t.regex((await circuit(['wait', `${own}/p`])).stdout, /"Exit": "KILL"/);
});

test('without a text a command that needs one is wrong usage, and mkdns takes a free port; a terminal is not read', async (t) => {
  const { circuit, cluster, a, own } = await commands(t);
  const missing = "circuit: missing required argument 'RECORD|TEXT', and none on standard input\n";
  t.like(await circuit(['set', `${own}/names`], '\n'), { status: 2, stderr: missing });
  // It leaves standard input to the others of a script.
  t.like(await circuit(['mkdns', `${own}/names`], 'junk'), { status: 0, stderr: '' });

  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  const onTerminal = (...args: string[]) => {
    const quoted = [NODE, CIRCUIT, ...args].map((each) => `'${each}'`).join(' ');
    return cluster.run(['script', '-qec', quoted, '/dev/null']);
  };
  const wrong = await onTerminal('set', '-d', a.address, `${own}/names`);
  t.like(wrong, { status: 2, stdout: missing.replace('\n', '\r\n') });
  const made = await onTerminal('mkdns', '-d', a.address, `${own}/other`);
  t.like(made, { status: 0, stdout: '' });
  t.regex((await circuit(['addr', `${own}/other`])).stdout, /^127\.0\.0\.1:\d+\n$/);
});
