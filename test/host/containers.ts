import type { CircuitClient } from '../../src/client/index.js';
import { dial } from '../../src/client/index.js';
import { DockerEngine } from '../docker.js';
import { type View, viewsOf } from './channels.js';
import { Cluster, eventually, type TestDaemon } from './cluster.js';

/** A command as a user writes it, less the image and the network. */
export type Command = Readonly<Record<string, unknown>>;

/** What the tests of a file share: an engine, and a member that makes containers, as two members see it. */
export interface ContainerHosts {
  readonly cluster: Cluster;
  readonly engine: DockerEngine;
  readonly owner: TestDaemon;
  readonly other: TestDaemon;
  /** The owner's name. */
  readonly name: string;
  readonly local: View;
  readonly remote: View;
  /** Clients of the owner and of the other. */
  readonly circuits: readonly [CircuitClient, CircuitClient];
  end(): Promise<void>;
}

export async function containerHosts(): Promise<ContainerHosts> {
  const ends: (() => unknown)[] = [];
  const cluster = new Cluster({ teardown: (end) => ends.push(end) });
  const end = async () => {
    for (const one of ends.reverse()) await one();
  };
  try {
    const starting = DockerEngine.start(cluster);
    starting.catch(() => {});
    // The engine's socket is there before the engine, or after it.
    const owner = await cluster.start('--docker', `${cluster.directory}/docker/docker.sock`);
    const other = await cluster.start('-j', owner.address);
    const engine = await starting;
    const { name, local, remote } = await viewsOf(cluster, owner, [other]);
    const circuits = [await dial(owner.address), await dial(other.address)] as const;
    for (const circuit of circuits) ends.push(() => circuit.close());
    await eventually(
      async () => circuits[1].refresh(),
      ({ length }) => length === 2,
    );
    return { cluster, engine, owner, other, name, local, remote, circuits, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A script in busybox, without a network of its own: that takes half of the time of a start. */
export const script = (line: string, more: Command = {}): Command => ({
  Image: 'busybox',
  Network: 'host',
  Path: 'sh',
  Args: ['-c', line],
  ...more,
});

/** A script that goes on until TERM. */
export const UNTIL_TERM = 'trap "exit 7" TERM; while :; do sleep 1000 & wait; done';

/** Makes a container on an anchor of the view; gives a view of the anchor. */
export async function make(view: View, anchor: string, command: Command): Promise<View> {
  const json = JSON.stringify(command).replaceAll("'", "'\\''");
  const made = await view.sh(`mkdir -p ${anchor} && printf %s '${json}' | cat > ${anchor}/mkdkr`);
  if (made.status !== 0) {
    const { stdout } = await view.sh(`cat ${anchor}/error`);
    throw new Error(`${made.stderr}${stdout}`);
  }
  return inside(view, anchor);
}

/** The view from an anchor. */
export function inside(view: View, anchor: string): View {
  const sh: View['sh'] = (line, timeout) => view.sh(`cd ${anchor} && { ${line}\n}`, timeout);
  const spawn: View['spawn'] = (...argv) =>
    view.spawn('sh', '-c', 'cd "$0" && exec "$@"', anchor, ...argv);
  return { name: view.name, directory: `${view.directory}/${anchor}`, sh, spawn };
}

/** The engine's containers of an anchor, whatever their state; their names. */
export function ofAnchor(engine: DockerEngine, anchor: string): Promise<string[]> {
  return engine.containers(`circuit.anchor=${anchor}`);
}

/** The one container of an anchor. */
export async function containerOf(engine: DockerEngine, anchor: string): Promise<string> {
  const [name, ...more] = await ofAnchor(engine, anchor);
  if (name === undefined || more.length > 0) throw new Error(`${anchor} is not one container`);
  return name;
}
