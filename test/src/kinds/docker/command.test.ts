import test from 'ava';
import {
  CONTAINER_KEYS,
  type ContainerCommand,
  parseContainer,
} from '../../../../src/kinds/docker/command.js';
import { createRequest } from '../../../../src/kinds/docker/create-request.js';
import { docker } from '../../../../src/kinds/docker/kind.js';
import { anchorOf, commandOf, labelsOf } from '../../../../src/kinds/docker/labels.js';

import { helpPage } from '../../../../src/kinds/help.js';
import { REGISTRY } from '../../../../src/kinds/registry.js';

const refused = (command: object) => ({ command: JSON.stringify(command), code: 'EINVAL' });

test('keys match in any case, null is nothing, and so are the empty text and 0 of Go', (t) => {
  const given = { IMAGE: 'bb', memory: 0, cpushares: 0, path: '', entry: '', dir: '', env: null };
  const plain = { Image: 'bb', Args: [], Tty: false, Scrub: false };
  t.deepEqual<ContainerCommand, object>(parseContainer(JSON.stringify(given)), plain);
});

test('what the engine would find wrong late, or not at all, is EINVAL with a sentence', (t) => {
  for (const { command, code } of [
    refused({}),
    refused({ Image: '' }),
    refused({ Image: 'bb', Imag: 'bb' }),
    refused({ Image: 'bb', Memory: 6 * 1024 * 1024 - 1 }),
    refused({ Image: 'bb', Memory: '64m' }),
    refused({ Image: 'bb', CpuShares: 1 }),
    refused({ Image: 'bb', CpuShares: 262_145 }),
    refused({ Image: 'bb', Env: ['A'] }),
    refused({ Image: 'bb', Dir: 'tmp' }),
    refused({ Image: 'bb', Tty: 1 }),
    refused({ Image: 'bb', Retain: 0 }),
    ...['', 'data', 'a:b', '/a:b', './a:/b', '/a:/b:ro:z', ':/b', '/a:', '/a:/'].map((volume) =>
      refused({ Image: 'bb', Volume: [volume] }),
    ),
  ]) {
    t.throws(() => parseContainer(command), { code }, command);
  }
  for (const volume of ['/data', '/a:/b', '/a:/b:ro', 'cache:/b']) {
    t.notThrows(() => parseContainer(JSON.stringify({ Image: 'bb', Volume: [volume] })), volume);
  }
});

test('the engine is asked for what the command says, and for no log', (t) => {
  const command = parseContainer(
    JSON.stringify({
      Image: 'bb',
      Path: 'ls',
      Args: ['-l'],
      Entry: 'env',
      Env: ['A=1'],
      Dir: '/tmp',
      Memory: 8_000_000,
      CpuShares: 512,
      Volume: ['/a:/b:ro', '/cache'],
      Network: 'none',
      Tty: true,
      Lxc: ['lxc.cgroup.cpuset.cpus = 0'],
    }),
  );
  t.like(createRequest(command, {}), {
    Image: 'bb',
    Cmd: ['ls', '-l'],
    Entrypoint: ['env'],
    Env: ['A=1'],
    WorkingDir: '/tmp',
    Volumes: { '/cache': {} },
    Tty: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      Binds: ['/a:/b:ro'],
      Memory: 8_000_000,
      CpuShares: 512,
      NetworkMode: 'none',
      LogConfig: { Type: 'none' },
    },
  });
  t.false('Cmd' in createRequest(parseContainer('{"Image":"bb"}'), {}));
});

test('the labels of a container give its anchor and command again, and have no environment', (t) => {
  const command = parseContainer('{"Image":"bb","Env":["A=1","B=hunter2"],"Args":["x"]}');
  const labels = labelsOf('X1', ['db', 'main'], command);
  t.false(JSON.stringify(labels).includes('hunter2'));
  t.deepEqual(anchorOf(labels), ['db', 'main']);
  t.deepEqual(commandOf(labels, ['A=1', 'B=hunter2', 'PATH=/bin']), command);
});

test('the page `help` of an anchor, and with it the command line and the manual, tells of each key', (t) => {
  const { help, example } = docker.make;
  const told = new Set(`${help} ${example}`.match(/\w+/g));
  t.deepEqual(
    CONTAINER_KEYS.filter((key) => !told.has(key)),
    [],
  );
  t.true(helpPage(REGISTRY.anchor).includes(`  ${example}\n`));
  t.true(helpPage(REGISTRY.anchor).replace(/\s+/g, ' ').includes(help));
});
