import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Cluster, exitOf, PATIENCE, within } from './cluster.js';

export interface Served {
  /** The zone's name. */
  readonly zone: string;
  /** Its records, a line each; a record without a TTL has 3600 s. */
  readonly records: readonly string[];
  readonly address: string;
  readonly port: number;
  /** The network namespace in which it listens. */
  readonly netns?: string;
}

/**
 * Starts NSD, NLnet Labs' name server, on a zone: its answers are what ours are held against, and its
 * speed is the yardstick. Resolves when it answers.
 */
export async function startNsd(cluster: Cluster, served: Served): Promise<void> {
  const directory = cluster.mkdir(`nsd-${served.address}-${served.port}`);
  writeFileSync(join(directory, 'zone'), zoneFile(served.records));
  writeFileSync(join(directory, 'nsd.conf'), settings(directory, served));
  const enter = served.netns === undefined ? [] : ['nsenter', `--net=/run/netns/${served.netns}`];
  const child = cluster.spawn([...enter, '/usr/sbin/nsd', '-d', '-c', join(directory, 'nsd.conf')]);
  const log: string[] = [];
  const started = (async () => {
    if (!child.stderr) throw new Error('nsd has no standard error');
    for await (const line of createInterface({ input: child.stderr })) {
      log.push(line);
      if (/: nsd started/.test(line)) return;
    }
    throw new Error(`nsd ended (${await exitOf(child)}): ${log.join('\n')}`);
  })();
  const missing = once(child, 'error').then(([error]) => {
    throw new Error(`nsd cannot be run; test/provision.sh installs it: ${error}`);
  });
  await within(PATIENCE, Promise.race([started, missing]), () => log.join('\n'));
}

/** Parsed as one file, so that names are absolute whether they end with a dot or not, as with `set`. */
function zoneFile(records: readonly string[]): string {
  return ['$ORIGIN .', '$TTL 3600', ...records, ''].join('\n');
}

/**
 * It sends no records that nobody asked for, and does not limit how many answers an address gets. All
 * that it writes is in `directory`.
 */
function settings(directory: string, { zone, address, port }: Served): string {
  return `server:
  ip-address: ${address}
  port: ${port}
  username: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: ""
  xfrdfile: "${directory}/xfrd.state"
  xfrdir: "${directory}"
  zonelistfile: "${directory}/zone.list"
  server-count: 1
  rrl-ratelimit: 0
  minimal-responses: yes
remote-control:
  control-enable: no
zone:
  name: "${zone}"
  zonefile: "zone"
`;
}
