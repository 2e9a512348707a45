import { readdirSync, readlinkSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Address } from '../../src/base/address.js';
import { errorCode } from '../../src/base/error.js';
import { CircuitClient } from '../../src/client/client.js';
import { type Cluster, eventually, type RunOptions, type TestDaemon } from './cluster.js';
import { addressOf, Lan } from './lan.js';
import { members } from './multicast.js';

/** A daemon on a host of a {@link Lan}, and the name of its member. */
export interface Host {
  readonly daemon: TestDaemon;
  readonly name: string;
}

/** How often one of them is dialled that does not answer. */
const TRIES = 5;
/** How often a large network is asked what it lists, in milliseconds. */
const ASK_INTERVAL = 100;

/** A daemon on each host of a new LAN, with its mount, all started with the first as contact. */
export async function networkOn(cluster: Cluster, hosts: number, options: RunOptions = {}) {
  const lan = await Lan.of(cluster, hosts);
  const start = async (host: number, ...args: readonly string[]): Promise<Host> => {
    const netns = lan.hosts[host] ?? '';
    const where = { ...options, netns };
    const daemon = await cluster.startWith(where, '-a', `${addressOf(host)}:0`, ...args);
    return { daemon, name: await nameOf(daemon) };
  };
  const first = await start(0);
  const launched = performance.now();
  const rest = await Promise.all(
    Array.from({ length: hosts - 1 }, (_, i) => start(i + 1, '-j', first.daemon.address)),
  );
  const printed = performance.now();
  const all = [first, ...rest];
  await listed(all, all);
  const agreed = performance.now();
  // The moments at which the others were launched, had joined, and all listed all.
  return { lan, all, start, launched, printed, agreed };
}

/** Of the member of a daemon that is mounted. */
export async function nameOf({ mountpoint }: TestDaemon): Promise<string> {
  return await readlink(join(mountpoint, '.self'));
}

/** Resolves when the mount of each of `hosts` lists `expected`, and nobody else. */
export async function listed(
  hosts: readonly Host[],
  expected: readonly Host[],
  timeout?: number,
): Promise<void> {
  const right = expected
    .map(({ name }) => name)
    .sort()
    .join(' ');
  await eventually(
    async () => {
      const lists = await Promise.all(hosts.map(({ daemon }) => members(daemon)));
      return lists.filter((list) => list.join(' ') !== right);
    },
    (wrong) => wrong.length === 0,
    timeout,
  );
}

/** Each of `all` but `one`, or but these. */
export function without(all: readonly Host[], ...some: readonly Host[]): Host[] {
  return all.filter((host) => !some.includes(host));
}

/** Of whom the log of a daemon says that they have failed, or left, sorted. */
export function gone(daemon: TestDaemon, how: 'failed' | 'left'): string[] {
  return changes(daemon)
    .flatMap((change) => (change.endsWith(how) ? (change.split(' ')[0] ?? '') : []))
    .sort();
}

/** What the log of a daemon says from now on of members that come and go: `X… joined`. */
export function changesFromNow(daemon: TestDaemon): () => string[] {
  const { length } = changes(daemon);
  return () => changes(daemon).slice(length);
}

function changes(daemon: TestDaemon): string[] {
  const lines = daemon.log().matchAll(/ - (X[0-9a-f]{16} (?:joined|left|failed))$/gm);
  return [...lines].map(([, change = '']) => change);
}

/** Daemons without a mount are asked by a client for what they list. */
export class Asked implements AsyncDisposable {
  readonly #client: CircuitClient;

  private constructor(
    readonly daemon: TestDaemon,
    client: CircuitClient,
  ) {
    this.#client = client;
  }

  static async of(daemon: TestDaemon): Promise<Asked> {
    const address = Address.parse(await daemon.ready);
    for (let tries = 1; ; tries += 1) {
      try {
        return new Asked(daemon, await CircuitClient.dial(address));
      } catch (error) {
        // So many share the processors that one may not be answered in time.
        if (errorCode(error) !== 'ETIMEDOUT' || tries === TRIES) throw error;
      }
    }
  }

  get name(): string {
    return this.#client.self;
  }

  /** The names that it lists, sorted. */
  async list(): Promise<string[]> {
    return (await this.#client.refresh()).map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
  }
}

/** Resolves when each lists all of them, and nobody else. */
export async function agree(all: readonly Asked[], timeout?: number): Promise<void> {
  const right = new Set(all.map(({ name }) => name));
  let doubtful = all;
  await eventually(
    async () => {
      // To ask all of many each time would take more of the processors than they do.
      const answers = await Promise.all(doubtful.map((one) => differences(one, right)));
      doubtful = doubtful.filter((_, i) => answers[i] !== undefined);
      if (doubtful.length > 0) return answers.filter((answer) => answer !== undefined);
      doubtful = all;
      const again = await Promise.all(all.map((one) => differences(one, right)));
      return again.filter((answer) => answer !== undefined);
    },
    (wrong) => wrong.length === 0,
    timeout,
    ASK_INTERVAL,
  );
}

async function differences(one: Asked, right: ReadonlySet<string>): Promise<string | undefined> {
  const list = await one.list();
  const lacks = [...right].filter((name) => !list.includes(name));
  const has = list.filter((name) => !right.has(name));
  if (lacks.length + has.length === 0) return undefined;
  return `${one.name} lacks ${lacks.length} (${lacks[0]}), has ${has.length} (${has[0]})`;
}

/** Starts so many daemons without a mount that join `contact`, and asks them. */
export async function startMany(
  cluster: Cluster,
  contact: TestDaemon,
  count: number,
): Promise<Asked[]> {
  return await Promise.all(Array.from({ length: count }, () => startAsked(cluster, contact)));
}

/** Starts a daemon without a mount that joins `contact`. */
export async function startAsked(cluster: Cluster, contact: TestDaemon): Promise<Asked> {
  return await Asked.of(await cluster.start('--no-mount', '-j', contact.address));
}

/** How many sockets a process has open. */
export function sockets({ pid }: Pick<TestDaemon, 'pid'>): number {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).filter((fd) => isSocket(join(directory, fd))).length;
}

function isSocket(fd: string): boolean {
  try {
    return readlinkSync(fd).startsWith('socket:');
  } catch {
    // It was closed meanwhile.
    return false;
  }
}
