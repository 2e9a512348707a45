import test from 'ava';
import { Engine } from '../../../../src/kinds/docker/engine.js';
import { FakeEngine } from './fake-engine.js';

test.serial("the environment's engine is not ours, whatever it says", async (t) => {
  await using engine = await FakeEngine.start();
  const before = { ...process.env };
  const settings = [
    { DOCKER_HOST: 'tcp://127.0.0.1:1', DOCKER_TLS_VERIFY: '1' },
    { DOCKER_HOST: 'tcp://127.0.0.1:2376', DOCKER_CERT_PATH: '/nowhere' },
    { DOCKER_HOST: 'unix:///nowhere', DOCKER_CLIENT_TIMEOUT: '1' },
    { DOCKER_HOST: 'ssh://nobody@127.0.0.1', DOCKER_PATH_PREFIX: '/x' },
    { DOCKER_HOST: 'tcp://not a host' },
  ];
  for (const each of settings) {
    process.env = { ...before, ...each };
    t.teardown(() => (process.env = before));
    await t.notThrowsAsync(async () => new Engine(engine.socket).ask('GET', '/_ping'));
    t.is(process.env.DOCKER_HOST, each.DOCKER_HOST);
  }
  t.is(engine.asked.length, settings.length);
});
