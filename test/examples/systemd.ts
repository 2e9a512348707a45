import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CIRCUIT_ENV, type Cluster, eventually, exitOf, type Result } from '../host/cluster.js';

const REPOSITORY = join(import.meta.dirname, '../../..');
const SCRIPT = join(REPOSITORY, 'test/examples/systemd.sh');

/**
 * A host with a network of its own whose first process is systemd, where the example's unit is
 * installed and enabled. Its `/var` is kept from one boot to the next.
 */
export class SystemdHost {
  readonly #cluster: Cluster;
  /** Its network, in which other programs may run. */
  readonly netns: string;
  readonly #root: string;
  readonly #var: string;
  #first: ChildProcess | undefined;
  /** The pid of systemd, as we see it. */
  #pid = 0;

  private constructor(cluster: Cluster, netns: string) {
    this.#cluster = cluster;
    this.netns = netns;
    this.#root = cluster.mkdir(`${netns}.root`);
    this.#var = cluster.mkdir(`${netns}.var`);
  }

  /** @param options What `/etc/default/circuit` has. */
  static async boot(cluster: Cluster, options: string): Promise<SystemdHost> {
    const host = new SystemdHost(cluster, await cluster.namespace());
    await host.boot(options);
    return host;
  }

  /** Boots it, and waits until it has come up. */
  async boot(options: string): Promise<void> {
    writeFileSync(join(this.#var, 'options'), options);
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--uts', '--ipc'];
    const controlGroup = this.#cluster.controlGroup();
    const first = this.#cluster.spawn([
      ...['nsenter', `--net=/run/netns/${this.netns}`],
      ...['unshare', '--propagation', 'private', ...namespaces],
      ...['sh', SCRIPT, this.#root, this.#var, controlGroup, REPOSITORY, CIRCUIT_ENV.NODE],
    ]);
    this.#first = first;
    let printed = '';
    for (const stream of [first.stdout, first.stderr]) {
      stream?.on('data', (data) => {
        printed += data;
      });
    }
    await eventually(
      async () => {
        if (first.exitCode !== null) throw new Error(`it ended: ${printed}`);
        this.#pid = Number(readFileSync(`/proc/${first.pid}/task/${first.pid}/children`, 'utf8'));
        const { stdout } = await this.sh('systemctl is-system-running');
        return stdout;
      },
      (state) => /^(running|degraded)$/m.test(state),
    );
  }

  /** Powers it off, in order. */
  async powerOff(): Promise<void> {
    const off = this.#off();
    await this.sh('systemctl --no-block poweroff');
    await off;
  }

  /** Ends all its programs at once. */
  async cutPower(): Promise<void> {
    const off = this.#off();
    process.kill(this.#pid, 'SIGKILL');
    await off;
  }

  async #off(): Promise<void> {
    if (!this.#first) throw new Error('it has not been booted');
    await exitOf(this.#first);
  }

  /** Runs a line of shell there, as root. */
  sh(script: string): Promise<Result> {
    return this.#cluster.run([
      ...['nsenter', '--target', String(this.#pid), '--root', '--wd'],
      ...['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup'],
      ...['env', '-i', 'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...['SYSTEMD_UNIT_PATH=/etc/systemd/system', 'sh', '-c', script],
    ]);
  }

  /** The same; gives what it prints, and fails where it fails. */
  async output(script: string): Promise<string> {
    const { stdout, stderr, status } = await this.sh(script);
    if (status !== 0) throw new Error(`${script}: ${status}: ${stdout}${stderr}`);
    return stdout;
  }
}
