import { join } from 'node:path';
import test from 'ava';
import { CIRCUIT_ENV, Cluster } from '../host/cluster.js';
import { EXAMPLES } from './circuit.js';

const SCRIPT = join(EXAMPLES, 'openrc/circuit');

test('the script for OpenRC is right, say sh and shellcheck', async (t) => {
  const cluster = new Cluster(t);
  for (const argv of [
    ['sh', '-n', SCRIPT],
    ['busybox', 'sh', '-n', SCRIPT],
    ['shellcheck', SCRIPT],
  ]) {
    const { stdout, stderr, status } = await cluster.run(argv);
    t.deepEqual([stdout, stderr, status], ['', '', 0], argv[0]);
  }
});

/** Does as OpenRC does, without its programs: reads the script, starts the daemon, calls the functions. */
const SERVICE = `
  mount -t tmpfs tmpfs /run/circuit
  CIRCUIT_MOUNT=$PWD/mount CIRCUIT_LOG=$PWD/log CIRCUIT_OPTIONS=
  eerror() { echo "$*"; }
  . "$SCRIPT"
  has_left_its_address && echo too early
  "$NODE" "$CIRCUIT" keygen > key
  "$NODE" "$CIRCUIT" start -m "$CIRCUIT_MOUNT" -a 127.0.0.1:0 --hmac key > address 2> log & daemon=$!
  start_post && ls -d mount/X*
  kill -KILL $daemon; wait $daemon
  has_left_its_address && echo still there
  stop_post; ls -A mount`;

test('the service of OpenRC has started when its daemon has, also with a cluster key, and takes a dead mount away', async (t) => {
  const cluster = new Cluster(t);
  cluster.mkdir('mount');
  const argv = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', SERVICE];
  const { stdout } = await cluster.run(argv, { env: { ...CIRCUIT_ENV, SCRIPT } });
  t.regex(stdout, /^mount\/X[0-9a-f]{16}\n$/);
});
