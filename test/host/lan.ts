import type { Cluster } from './cluster.js';

/** The two switches, and the cable between them. */
const HALVES = ['left', 'right'] as const;

/**
 * Hosts on a network: network namespaces, each with `eth0` at 10.98.0.1, 10.98.0.2 and so
 * on, on two switches with a cable between them. The first half of the hosts is on the
 * one. All cables can be pulled: what is sent is lost then, and no program is told.
 *
 * The switches are bridges in a namespace of their own, and go with it.
 */
export class Lan {
  readonly #cluster: Cluster;
  readonly #switches: string;

  private constructor(
    cluster: Cluster,
    switches: string,
    /** The names of the namespaces, in the order of their addresses. */
    readonly hosts: readonly string[],
  ) {
    this.#cluster = cluster;
    this.#switches = switches;
  }

  static async of(cluster: Cluster, hosts: number): Promise<Lan> {
    const switches = await cluster.namespace();
    const [left, right] = HALVES;
    await run(
      cluster,
      `ip -n ${switches} link add trunk-${left} type veth peer name trunk-${right}`,
      ...HALVES.flatMap((name) => [
        `ip -n ${switches} link add ${name} type bridge mcast_snooping 0`,
        `ip -n ${switches} link set ${name} up`,
        `ip -n ${switches} link set trunk-${name} master ${name} up`,
      ]),
    );
    const names: string[] = [];
    for (let host = 0; host < hosts; host += 1) {
      const name = await cluster.namespace();
      names.push(name);
      const half = host < hosts / 2 ? left : right;
      await run(
        cluster,
        // Without the detection of duplicates an IPv6 address can be used at once.
        `nsenter --net=/run/netns/${name} sysctl -qw net.ipv6.conf.default.accept_dad=0`,
        `ip -n ${switches} link add port${host} type veth peer name eth0 netns ${name}`,
        `ip -n ${switches} link set port${host} master ${half} up`,
        `ip -n ${name} address add ${addressOf(host)}/24 dev eth0`,
        `ip -n ${name} link set eth0 up`,
      );
    }
    return new Lan(cluster, switches, names);
  }

  /** Pulls the cable of a host. @param host Its index, from 0. */
  unplug(host: number): Promise<void> {
    return this.#link(`set port${host} down`);
  }

  plug(host: number): Promise<void> {
    return this.#link(`set port${host} up`);
  }

  /** Pulls the cable between the switches. */
  split(): Promise<void> {
    return this.#link('set trunk-left down');
  }

  heal(): Promise<void> {
    return this.#link('set trunk-left up');
  }

  /** Keeps hosts on one switch from each other, and from nobody else. */
  async separate(...hosts: readonly number[]): Promise<void> {
    for (const host of hosts) await this.#link(`set dev port${host} type bridge_slave isolated on`);
  }

  async #link(command: string): Promise<void> {
    await run(this.#cluster, `ip -n ${this.#switches} link ${command}`);
  }
}

/** Where the host with this index, from 0, is reached. */
export function addressOf(host: number): string {
  return `10.98.0.${host + 1}`;
}

async function run(cluster: Cluster, ...commands: readonly string[]): Promise<void> {
  const { status, stderr } = await cluster.sh(commands.join(' && '));
  if (status !== 0) throw new Error(stderr);
}
