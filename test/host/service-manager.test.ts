import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { program } from './channels.js';
import { Cluster } from './cluster.js';

/** Receives as a service manager does (sd_notify(3)), and prints each message in one line. */
const RECEIVE = `
import socket, sys
name = sys.argv[1]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind("\\0" + name[1:] if name.startswith("@") else name)
print("bound", flush=True)
if len(sys.argv) > 2:
    filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    filler.connect(name)
    filler.setblocking(False)
    try:
        while True: filler.send(b"FILLER=1")
    except BlockingIOError: print("full", flush=True)
    sys.stdin.readline()
while True:
    message = manager.recv(4096)
    if message != b"FILLER=1": print(message.decode().strip().replace("\\n", " "), flush=True)
`;

function managerAt(cluster: Cluster, name: string, ...args: string[]) {
  return program(cluster.spawn(['python3', '-c', RECEIVE, name, ...args]));
}

/** A daemon's that is to tell this service manager. */
const environment = (socket: string) => ({ env: { ...process.env, NOTIFY_SOCKET: socket } });

async function tells(t: ExecutionContext, cluster: Cluster, socket: string) {
  const manager = managerAt(cluster, socket);
  await manager.printed('bound\n');
  const a = await cluster.startWith(environment(socket));
  const { address } = a;
  const authority = /\/\/(.*?)\//.exec(address)?.[1];
  let told = `bound\nREADY=1 STATUS=${authority}; 1 member; mounted on ${a.mountpoint}\n`;
  await manager.printed(told);
  const b = await cluster.start('--no-mount', '-j', address);
  told += `STATUS=${authority}; 2 members; mounted on ${a.mountpoint}\n`;
  await manager.printed(told);
  await b.stop();
  told += `STATUS=${authority}; 1 member; mounted on ${a.mountpoint}\n`;
  await manager.printed(told);
  await cluster.run(['umount', a.mountpoint]);
  told += `STATUS=${authority}; 1 member; not mounted\n`;
  await manager.printed(told);
  await a.stop();
  told += 'STOPPING=1\n';
  await manager.printed(told);
  t.pass();
}

test('a daemon tells its service manager when it is ready, who is there, where it is mounted, and that it ends', async (t) => {
  const cluster = new Cluster(t);
  await tells(t, cluster, join(cluster.directory, 'notify'));
});

test('so it does by a socket with an abstract name', async (t) => {
  const cluster = new Cluster(t);
  await tells(t, cluster, `@${cluster.directory}/notify`);
});

test('a daemon is not ready where it cannot mount as it was told', async (t) => {
  const cluster = new Cluster(t);
  const socket = join(cluster.directory, 'notify');
  const manager = managerAt(cluster, socket);
  await manager.printed('bound\n');
  const missing = join(cluster.directory, 'missing');
  const daemon = cluster.launch(['-m', missing], environment(socket));
  t.is(await daemon.ended, 1);
  await manager.printed('bound\nSTOPPING=1\n');
  t.pass();
});

test('a service manager that is gone, or that is no socket, does not keep a daemon from running', async (t) => {
  const cluster = new Cluster(t);
  for (const socket of [join(cluster.directory, 'gone'), '/', '@', 'x'.repeat(200)]) {
    const daemon = await cluster.startWith(environment(socket), '--no-mount');
    t.regex(daemon.log(), / - the service manager is not told: E\w+: .*; trying again$/m);
    t.is(await daemon.stop(), 0);
  }
});

test('a service manager whose queue is full is told when it reads again', async (t) => {
  const cluster = new Cluster(t);
  const socket = join(cluster.directory, 'notify');
  const manager = managerAt(cluster, socket, 'full');
  await manager.printed('bound\nfull\n');
  const daemon = await cluster.startWith(environment(socket), '--no-mount');
  t.regex(daemon.log(), / - the service manager is not told: EAGAIN: /);
  manager.process.stdin?.write('\n');
  await manager.printed('; 1 member; not mounted\n');
  t.regex(
    manager.seen(),
    /^bound\nfull\nREADY=1 STATUS=127\.0\.0\.1:\d+; 1 member; not mounted\n$/,
  );
});
