import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Cluster, type Result, type TestDaemon } from './cluster.js';
import { type Answer, dig, digOne, type Listening } from './dig.js';
import { nameOf } from './network.js';
import { startNsd } from './nsd.js';

/** Sets each line of its standard input, as a user does with echo; stops at one that fails. */
const SET_ALL = `while IFS= read -r line; do
  printf '%s\\n' "$line" > set || { printf '%s: ' "$line"; cat error; exit 1; }
done`;

/** Where NSD listens. */
const OTHERS = '127.0.0.200';
const DNS_PORT = 53;

/**
 * Daemons in a network of their own, where every port of every address of loopback is free. The first
 * member has the name servers.
 */
export class NameServerHosts {
  #last = 1;

  private constructor(
    readonly cluster: Cluster,
    readonly netns: string,
    readonly owner: TestDaemon,
    readonly member: string,
    readonly other: TestDaemon | undefined,
  ) {}

  /**
   * @param t Ends it: a test, or the hooks of a file.
   * @param count 2 where another member uses the name servers, too.
   */
  static async start(
    t: ConstructorParameters<typeof Cluster>[0],
    count: 1 | 2,
  ): Promise<NameServerHosts> {
    const cluster = new Cluster(t);
    const netns = await cluster.namespace();
    const owner = await cluster.startWith({ netns });
    const other = count === 2 ? await cluster.startWith({ netns }, '-j', owner.address) : undefined;
    return new NameServerHosts(cluster, netns, owner, await nameOf(owner), other);
  }

  /** The first member's directory, in its own mount or in that of the other. */
  directory(view: 'own' | 'other'): string {
    const daemon = view === 'own' ? this.owner : this.other;
    if (!daemon) throw new Error('there is no other member');
    return join(daemon.mountpoint, this.member);
  }

  /** An address at which nobody listens yet. */
  address(): string {
    this.#last += 1;
    return `127.0.0.${this.#last}`;
  }

  /** Makes a name server on an address of its own, at port 53, with these records. */
  async serve(records: readonly string[], view: 'own' | 'other' = 'own'): Promise<OurServer> {
    const address = this.address();
    const anchor = join(this.directory(view), `at-${address}`);
    const made = await this.cluster.sh(
      `mkdir ${anchor} && echo ${address}:${DNS_PORT} > ${anchor}/mkdns || cat ${anchor}/error`,
    );
    if (made.status !== 0 || made.stdout !== '') throw new Error(made.stdout + made.stderr);
    const listening = { address, port: DNS_PORT, netns: this.netns };
    const server = new OurServer(this.cluster, anchor, listening);
    await server.setAll(records);
    return server;
  }

  /** NSD beside them, with the same records: what it answers is right. */
  async serveByNsd(zone: string, records: readonly string[]): Promise<Listening> {
    const listening = { address: OTHERS, port: DNS_PORT, netns: this.netns };
    await startNsd(this.cluster, { zone, records, ...listening });
    return listening;
  }
}

/** A name server element. */
export class OurServer implements Listening {
  readonly address: string;
  readonly port: number;
  readonly netns: string | undefined;

  constructor(
    readonly cluster: Cluster,
    /** Its directory in a mount. */
    readonly anchor: string,
    { address, port, netns }: Listening,
  ) {
    this.address = address;
    this.port = port;
    this.netns = netns;
  }

  /** Runs a line of shell in its directory. */
  sh(script: string, input = ''): Promise<Result> {
    return this.cluster.run(['sh', '-c', script], { cwd: this.anchor, input });
  }

  /** Sets records, a write each. */
  async setAll(records: readonly string[]): Promise<void> {
    const set = await this.sh(SET_ALL, records.map((record) => `${record}\n`).join(''));
    if (set.status !== 0) throw new Error(`set: ${set.stdout}${set.stderr}`);
  }

  ask(questions: readonly string[], ...options: readonly string[]): Promise<Answer[]> {
    return dig(this.cluster, this, questions, ...options);
  }

  askOne(question: string, ...options: readonly string[]): Promise<Answer> {
    return digOne(this.cluster, this, question, ...options);
  }
}

/** A port at which nobody listens, neither by UDP nor, a moment ago, by TCP. */
export async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  if (bound === null || typeof bound === 'string') throw new Error('it listens on a port');
  return bound.port;
}
