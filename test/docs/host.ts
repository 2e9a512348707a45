import type { ChildProcess } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CIRCUIT_ENV, type Cluster, PATIENCE, within } from '../host/cluster.js';
import { Lan } from '../host/lan.js';

const ROOT = join(import.meta.dirname, '../../..');

const SCRIPT = join(ROOT, 'test/docs/host.sh');

/** Enters the namespaces and the root of a host, as ssh(1) would lead to one. */
const SSH = `#!/bin/sh
host=$1
shift
exec nsenter --target "$(cat "$HOSTS/$host")" --mount --net --uts --root --wd sh -c "cd; $*"
`;

/** The daemons are noted for the janitor, should the session come to no end. */
const CIRCUIT = `#!/bin/sh
case $1 in start | mount) : > "$PIDS/$$" ;; esac
exec "$CIRCUIT_JS" "$@"
`;

/** The library is installed, and what `npm install` would fetch is what our own development needs. */
const NPM = `#!/bin/sh
case $1 in
  root) echo "$GLOBAL_MODULES" ;;
  install) ln -s "$MODULES" node_modules ;;
  *) exit 1 ;;
esac
`;

/**
 * A shell on a host that has its own network, host name, `/circuit`, `/etc`, `/run/circuit`, `/srv` and
 * `/var/circuit`.
 */
export class Host {
  /** The directory of its user. */
  readonly home: string;
  readonly #shell: ChildProcess;
  /** What the shell has printed of the command that it is at. */
  #printed = '';
  #news: () => void = () => {};

  private constructor(
    shell: ChildProcess,
    home: string,
    /** Its network namespace. */
    readonly network: string,
  ) {
    this.home = home;
    this.#shell = shell;
    shell.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text;
      this.#news();
    });
    shell.once('exit', () => this.#news());
    shell.stdin?.on('error', () => {});
  }

  /** Hosts `host1`, `host2` and so on, on one network; each may say `ssh host2 COMMAND`. */
  static async some(cluster: Cluster, count: number): Promise<readonly Host[]> {
    const { hosts: networks } = await Lan.of(cluster, count);
    const pids = cluster.mkdir('hosts');
    const bin = cluster.mkdir('bin');
    for (const [name, script] of Object.entries({ ssh: SSH, circuit: CIRCUIT, npm: NPM })) {
      writeFileSync(join(bin, name), script);
      chmodSync(join(bin, name), 0o755);
    }
    const modules = cluster.mkdir('modules');
    symlinkSync(ROOT, join(modules, 'circuitfs'));
    const env = {
      GLOBAL_MODULES: modules,
      MODULES: join(ROOT, 'node_modules'),
      PATH: [bin, dirname(CIRCUIT_ENV.NODE), process.env.PATH].join(':'),
      CIRCUIT_JS: CIRCUIT_ENV.CIRCUIT,
      HOSTS: pids,
      PIDS: cluster.pids,
    };
    return networks.map((network, index) => {
      const name = `host${index + 1}`;
      const root = cluster.mkdir(`${name}.root`);
      const home = cluster.mkdir(name);
      const enter = ['nsenter', `--net=/run/netns/${network}`, 'unshare', '--mount', '--uts'];
      const become = ['sh', SCRIPT, root, name, home];
      const shell = cluster.spawn([...enter, '--propagation', 'private', ...become], { env });
      writeFileSync(join(pids, name), String(shell.pid));
      return new Host(shell, home, network);
    });
  }

  /** Runs a command; gives what it has printed, on either output. */
  async run(command: string): Promise<string> {
    this.#shell.stdin?.write(`${command}\0`);
    const done = new Promise<void>((resolve, reject) => {
      this.#news = () => {
        if (this.#printed.includes('\0')) resolve();
        else if (this.#shell.exitCode !== null) reject(new Error(`no shell: ${this.#printed}`));
      };
      this.#news();
    });
    await within(PATIENCE, done, () => `${command}\n${this.#printed}`);
    const end = this.#printed.indexOf('\0');
    const printed = this.#printed.slice(0, end);
    // Programs in the background may have gone on printing.
    this.#printed = this.#printed.slice(end + 1);
    // A shell that somebody types into names no line.
    return printed.replace(/^bash: line \d+: /gm, 'bash: ');
  }
}
