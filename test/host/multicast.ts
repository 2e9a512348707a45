import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { CIRCUIT_ENV, type Cluster, eventually, type Result, type TestDaemon } from './cluster.js';

/**
 * A group that no other test uses, of those that no router passes on (RFC 2365, section
 * 6.1). Daemons that listen on 127.0.0.1 speak to it over loopback alone.
 */
export function newGroup(): { address: string; port: number; text: string } {
  const [a = 0, b = 0, c = 0] = randomBytes(3);
  const address = `239.255.${a}.${b}`;
  const port = 20_000 + c;
  return { address, port, text: `${address}:${port}` };
}

/** Who is in the network, as the mount of a daemon lists them. */
export async function members(daemon: TestDaemon): Promise<string[]> {
  return (await readdir(daemon.mountpoint)).filter((name) => !name.startsWith('.')).sort();
}

/** Waits until each of the daemons lists them all, and no others; gives the list. */
export async function areOne(daemons: readonly TestDaemon[], timeout?: number): Promise<string[]> {
  const [view = []] = await eventually(
    async () => await Promise.all(daemons.map(members)),
    (views) => views.every((view) => view.length === daemons.length && `${view}` === `${views[0]}`),
    timeout,
  );
  return view;
}

/** Waits until the log of a daemon has a line like this. */
export async function logged(daemon: TestDaemon, line: RegExp): Promise<string> {
  return await eventually(
    async () => daemon.log(),
    (log) => line.test(log),
  );
}

/** Runs `circuit` in a network namespace. */
export function circuitIn(
  cluster: Cluster,
  netns: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Result> {
  const { NODE, CIRCUIT } = CIRCUIT_ENV;
  return cluster.run(['nsenter', `--net=/run/netns/${netns}`, NODE, CIRCUIT, ...args], { env });
}
