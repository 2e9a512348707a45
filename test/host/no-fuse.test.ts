import test, { type ExecutionContext } from 'ava';
import { CIRCUIT_ENV, Cluster, NOBODY } from './cluster.js';

/** A /dev of its own, of which only this mount namespace knows. */
const EMPTY_DEV = 'mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3';

const AS_NOBODY = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups`;
const NO_ADMIN = 'setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin';
const START = '"$NODE" "$CIRCUIT" start -a 127.0.0.1:0';

/** Runs a line of shell in a mount namespace of its own, in a directory that nobody owns. */
async function apart(t: ExecutionContext, script: string) {
  const cluster = new Cluster(t);
  await cluster.sh(`mkdir dir && chown ${NOBODY} dir`);
  return await cluster.run(['unshare', '--mount', 'sh', '-c', script], {
    env: { ...CIRCUIT_ENV, PIDS: cluster.pids },
  });
}

const MISSING =
  /^circuit: there is no \/dev\/fuse: .*modprobe fuse.*--device \/dev\/fuse --cap-add/m;
const NO_DRIVER = /^circuit: nothing serves \/dev\/fuse: .*modprobe fuse/m;
const NOT_OURS = /^circuit: \/dev\/fuse may not be opened by this user: chmod 666 \/dev\/fuse; /m;
const NOT_ADMIN = /^circuit: mounting is not permitted without CAP_SYS_ADMIN; a container needs /m;
const NOT_SETUID =
  /^circuit: fusermount3: .*not permitted; .*setuid root.* no_new_privs; a container/m;

// Minor 255 is that of no driver.
const unserved = `${EMPTY_DEV} && mknod -m 666 /dev/fuse c 10 255`;
const closed = `${EMPTY_DEV} && mknod -m 600 /dev/fuse c 10 229`;

const cases = [
  ['there is no /dev/fuse', `${EMPTY_DEV} && exec ${START} -m dir`, MISSING],
  ['there is none for another user', `${EMPTY_DEV} && exec ${AS_NOBODY} ${START} -m dir`, MISSING],
  ['the module is not loaded', `${unserved} && exec ${START} -m dir`, NO_DRIVER],
  ['/dev/fuse may not be opened', `${closed} && exec ${AS_NOBODY} ${START} -m dir`, NOT_OURS],
  ['root has no CAP_SYS_ADMIN', `exec ${NO_ADMIN} ${START} -m dir`, NOT_ADMIN],
  ['setuid is off', `exec ${AS_NOBODY} --no-new-privs ${START} -m dir`, NOT_SETUID],
] as const;

for (const [what, script, sentence] of cases) {
  test(`where ${what} a start with -m says so, and what helps; exit 1`, async (t) => {
    const { status, stderr, stdout } = await apart(t, script);
    t.is(status, 1);
    t.regex(stderr, sentence);
    t.regex(stderr, /; or start with --no-mount\n$/);
    t.notRegex(stderr, /\n {4}at /, 'no stack trace');
    t.is(stdout, '');
  });
}

test('circuit mount says what helps, and nothing of an option that it does not have', async (t) => {
  const script = `${START} --no-mount > address & touch "$PIDS/$!"
    until [ -s address ]; do sleep 0.05; done
    ${EMPTY_DEV}; CIRCUIT=address "$NODE" "$CIRCUIT" mount dir; status=$?; kill $!; wait; exit $status`;
  // The variable with the file is CIRCUIT, too.
  const { status, stderr } = await apart(
    t,
    script.replace('CIRCUIT=address "$NODE" "$CIRCUIT"', 'env CIRCUIT=address "$NODE" "$CIRCUIT"'),
  );
  t.is(status, 1);
  t.regex(stderr, MISSING);
  t.notRegex(stderr, /--no-mount/);
});

test('where the default mount cannot be done the daemon runs, and its log says what helps', async (t) => {
  // The host's root, with a /circuit, which it may not have.
  const { status, stderr } = await apart(
    t,
    `mkdir root && mount -t tmpfs tmpfs root && mkdir root/circuit &&
    for one in /*; do
      if [ -L "$one" ]; then cp -a "$one" root/
      elif [ -d "$one" ] && [ "$one" != /circuit ]; then
        mkdir "root$one" && mount --rbind "$one" "root$one"; fi
    done
    umount -l root/dev; mount -t tmpfs tmpfs root/dev && mknod -m 666 root/dev/null c 1 3
    chroot root sh -c 'cd /tmp && exec ${START}' > address & touch "$PIDS/$!"
    until [ -s address ]; do sleep 0.05; done; kill $!; wait $!`,
  );
  t.is(status, 0, stderr);
  t.regex(
    stderr,
    / - not mounted: there is no \/dev\/fuse: .*modprobe.*; or start with --no-mount$/m,
  );
});
