import { type ChildProcess, execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { type Cluster, eventually, exitOf, PATIENCE, type Result, within } from './host/cluster.js';

const BUSYBOX = '/bin/busybox';

/** So many lines of what an engine has printed stand in the message of a failure. */
const LAST_LINES = 20;

/**
 * Keeps a mount namespace in which an engine may write wherever it does: its files lie in memory, so
 * that a busy disk does not slow it down, and the host's /etc/docker, /opt and /run, in which it
 * leaves keys and sockets, do not change. Its own mounts go with the namespace.
 */
const KEEPER = `
for dir in "$0" /etc/docker /opt /run; do
  [ ! -d "$dir" ] || mount -t tmpfs tmpfs "$dir" || exit
done
echo ready
exec sleep infinity`;

/**
 * A Docker Engine of a test's own, with an image `busybox`. Containers have no network but the
 * host's. The janitor ends it, with its containers, which it finds by their control group.
 */
export class DockerEngine {
  readonly socket: string;
  readonly #cluster: Cluster;
  readonly #directory: string;
  readonly #keeper: number;
  readonly #controlGroup: string;
  #dockerd: ChildProcess | undefined;

  private constructor(cluster: Cluster, directory: string, keeper: number) {
    this.#cluster = cluster;
    this.#directory = directory;
    this.#keeper = keeper;
    this.#controlGroup = `${basename(dirname(cluster.directory))}-${basename(directory)}`;
    this.socket = join(directory, 'docker.sock');
  }

  /**
   * Starts one whose files lie in the cluster's directory; it is named, for there may be several.
   * @param netns The network namespace that is its host's.
   */
  static async start(cluster: Cluster, name = 'docker', netns?: string): Promise<DockerEngine> {
    const directory = cluster.mkdir(name);
    mkdirSync(join(directory, 'engine'));
    const script = ['sh', '-c', KEEPER, join(directory, 'engine')];
    const enter = netns === undefined ? [] : ['nsenter', `--net=/run/netns/${netns}`];
    const keeper = cluster.spawn([...enter, 'unshare', '--mount', ...script]);
    await line(keeper, 'stdout', /^ready$/);
    const engine = new DockerEngine(cluster, directory, keeper.pid ?? 0);
    for (const hierarchy of hierarchies()) {
      cluster.adoptControlGroup(join(hierarchy, engine.#controlGroup));
    }
    await engine.start();
    await engine.#importBusybox();
    return engine;
  }

  /** Starts it (again), and resolves when it answers. @param options More of its options. */
  async start(...options: readonly string[]): Promise<void> {
    const files = join(this.#directory, 'engine');
    const dockerd = this.#cluster.spawn([
      'nsenter',
      `--mount=/proc/${this.#keeper}/ns/mnt`,
      `--net=/proc/${this.#keeper}/ns/net`,
      'dockerd',
      '--bridge=none',
      '--iptables=false',
      '--ip-forward=false',
      '--storage-driver=vfs',
      // The janitor knows these control groups; systemd's driver would name them otherwise.
      '--exec-opt=native.cgroupdriver=cgroupfs',
      `--cgroup-parent=/${this.#controlGroup}`,
      `--data-root=${join(files, 'data')}`,
      `--exec-root=${join(files, 'exec')}`,
      `--pidfile=${join(files, 'pid')}`,
      `--host=unix://${this.socket}`,
      ...options,
    ]);
    this.#dockerd = dockerd;
    await line(dockerd, 'stderr', /API listen on/);
  }

  /** Ends it in order, which ends its containers; resolves when it has gone. */
  stop(): Promise<number | NodeJS.Signals> {
    return this.#end('SIGTERM');
  }

  /** Kills it; its containers run on until it is started again. */
  kill(): Promise<number | NodeJS.Signals> {
    return this.#end('SIGKILL');
  }

  /** Signals it, and not its containers. */
  signal(signal: NodeJS.Signals): void {
    this.#dockerd?.kill(signal);
  }

  async #end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    const dockerd = this.#dockerd;
    if (!dockerd) throw new Error('the engine has not been started');
    const containerd = await readFile(this.#inside('exec/containerd/containerd.pid'), 'utf8');
    dockerd.kill(signal);
    const status = await exitOf(dockerd);
    // The next one would take it for one that runs, as long as nobody has reaped it.
    await eventually(
      async () => existsSync(`/proc/${containerd}`),
      (there) => !there,
    );
    return status;
  }

  /** Runs Docker's own client. */
  docker(...args: readonly string[]): Promise<Result> {
    return this.#cluster.run(['docker', ...args], { env: this.environment });
  }

  /** Runs a line of shell in which `docker` asks this engine. */
  sh(script: string): Promise<Result> {
    return this.#cluster.sh(script, { env: this.environment });
  }

  /** By which Docker's client finds it, and nothing of the user's. */
  get environment(): Readonly<Record<string, string>> {
    return { DOCKER_HOST: `unix://${this.socket}`, DOCKER_CONFIG: this.#directory };
  }

  /** The names of the containers that it has, in whatever state: of all, or those with a label. */
  async containers(label?: string): Promise<string[]> {
    const filters = label === undefined ? {} : { label: [label] };
    const query = encodeURIComponent(JSON.stringify(filters));
    const found = await this.#get(`/containers/json?all=1&filters=${query}`);
    const listed: readonly { readonly Names: readonly string[] }[] = JSON.parse(found);
    return listed.map(({ Names }) => Names[0]?.slice(1) ?? '');
  }

  /** Asks it, which is quicker than to start its client. */
  async #get(path: string): Promise<string> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ socketPath: this.socket, path, agent: false }, resolve).on('error', reject);
    });
    const said = await text(answer);
    if (answer.statusCode !== 200) throw new Error(`the engine says ${said}`);
    return said;
  }

  /** A file of the engine's, as others see it. */
  #inside(file: string): string {
    return join(`/proc/${this.#keeper}/root`, this.#directory, 'engine', file);
  }

  async #importBusybox(): Promise<void> {
    const root = join(this.#directory, 'busybox');
    mkdirSync(join(root, 'bin'), { recursive: true });
    for (const name of ['etc', 'proc', 'tmp']) mkdirSync(join(root, name));
    copyFileSync(BUSYBOX, join(root, 'bin/busybox'));
    const { stdout } = await promisify(execFile)(BUSYBOX, ['--list']);
    for (const applet of stdout.trim().split('\n')) {
      if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
    }
    const made = await this.sh(`tar -C ${root} -c . | docker import -c 'CMD ["sh"]' - busybox`);
    if (made.status !== 0) throw new Error(made.stderr);
  }
}

/** Why there can be no engine on this host; undefined where there can. */
export async function noEngine(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a Docker engine needs root';
  const found = promisify(execFile)('sh', ['-c', 'command -v dockerd && command -v docker']);
  return await found.then(
    () => undefined,
    () => 'dockerd is not installed: Debian has it in docker.io',
  );
}

/** Where control groups are mounted: one hierarchy (version 2), or one for each controller. */
function hierarchies(): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  return mounts
    .filter((mount) => /^.* - cgroup2? /.test(mount))
    .map((mount) => mount.split(' ')[4] ?? '');
}

/** Resolves when a program has printed such a line; fails where it ends before. */
async function line(
  child: ChildProcess,
  stream: 'stdout' | 'stderr',
  wanted: RegExp,
): Promise<void> {
  const last: string[] = [];
  const input = child[stream];
  if (!input) throw new Error('it has no such output');
  // Read on afterwards, or the program would wait for a reader.
  const printed = new Promise<void>((resolve) => {
    createInterface({ input }).on('line', (printed) => {
      if (last.push(printed) > LAST_LINES) last.shift();
      if (wanted.test(printed)) resolve();
    });
  });
  const ended = exitOf(child).then((status): never => {
    throw new Error(`it ended (${status}): ${last.join('\n')}`);
  });
  ended.catch(() => {});
  await within(PATIENCE, Promise.race([printed, ended]), () => last.join('\n'));
}
