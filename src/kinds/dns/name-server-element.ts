import { formatAuthority } from '../../base/address.js';
import { CircuitError, errorMessage, interrupted } from '../../base/error.js';
import { freed, moved } from '../../base/garbage.js';
import { type Element, type Host, jsonText } from '../table.js';
import { listeningHost } from './listening-host.js';
import { DomainName } from './records/name.js';
import { respond, serverFailure } from './server/respond.js';
import { Servers } from './server/servers.js';
import type { Specification } from './specification.js';
import { MemberRecords } from './zone/member-records.js';
import { SizeOfAll } from './zone/room.js';
import { setEntries } from './zone/set-entries.js';
import { Zones } from './zone/zones.js';

/** The garbage that a query leaves in V8's heap, in bytes. */
const QUERY_COST_BYTES = 1024;

/** All zones of this process, a daemon, share it. */
const sizeOfAll = new SizeOfAll();

/** The first two keys are the Go circuit's. */
export interface NameServerPeek {
  /** HOST:PORT */
  readonly Address: string;
  /** The records of each name, as zone text. */
  readonly Records: Readonly<Record<string, readonly string[]>>;
  /** The zone of the members' names, if it has one. */
  readonly Members?: string;
  /** How many queries came over UDP and TCP. */
  readonly Queries: { readonly UDP: number; readonly TCP: number };
}

/** An authoritative name server, whose records every program can set. */
export class NameServerElement implements Element {
  /** Only scrub ends it. */
  readonly alive = true;
  readonly #zones: Zones;
  readonly #members: MemberRecords | undefined;
  readonly #zoneOfMembers: DomainName | undefined;
  readonly #host: string;
  readonly #queries = { UDP: 0, TCP: 0 };
  #servers: Servers | undefined;
  #isClosed = false;
  #hasFailed = false;
  readonly #log: (event: string) => void;

  private constructor({ members }: Specification, listening: string, host: Host) {
    this.#host = listening;
    this.#log = host.log;
    this.#zoneOfMembers = members;
    this.#zones = new Zones(members, sizeOfAll);
    this.#members = members && new MemberRecords(this.#zones, members, host);
  }

  /** @throws CircuitError EADDRINUSE, EACCES, EADDRNOTAVAIL */
  static async listen(specification: Specification, host: Host): Promise<NameServerElement> {
    const listening = specification.host ?? listeningHost(host.reachableAt);
    const element = new NameServerElement(specification, listening, host);
    try {
      element.#servers = await Servers.listen(listening, specification.port, {
        udp: (message) => element.#respond(message, 'UDP'),
        tcp: (message) => element.#respond(message, 'TCP'),
      });
    } catch (error) {
      element.#close();
      throw error;
    }
    return element;
  }

  /** HOST:PORT */
  get address(): string {
    return formatAuthority(this.#host, this.#servers?.port ?? 0);
  }

  /**
   * Sets records, a line each, in their order. Others have their turn meanwhile.
   * @throws CircuitError EINVAL, ENOSPC, EINTR: those before have been set; EPIPE: it was scrubbed
   */
  async set(text: string, signal?: AbortSignal): Promise<void> {
    await setEntries(this.#zones, text, () => {
      this.#checkOpen();
      if (signal?.aborted) throw interrupted();
    });
  }

  /** Removes every record of a name. @throws CircuitError EINVAL, EPERM (a member's), EPIPE (it was scrubbed) */
  unset(name: string): void {
    this.#checkOpen();
    this.#zones.unset(DomainName.parse(name.trim()));
  }

  /** The zone text; the records of members have a comment. */
  records(): string {
    this.#members?.refresh();
    return this.#zones.listing.lines();
  }

  /** A {@link NameServerPeek} as indented JSON. */
  peek(): string {
    this.#members?.refresh();
    const facts = {
      Address: this.address,
      ...(this.#zoneOfMembers && { Members: String(this.#zoneOfMembers) }),
      Queries: { ...this.#queries },
    };
    // The records are JSON already, of which there may be megabytes.
    return jsonText(facts).replace(
      /\n}$/,
      () => `,\n  "Records": ${this.#zones.listing.json()}\n}`,
    );
  }

  async scrub(): Promise<void> {
    this.#close();
    freed();
  }

  async terminate(): Promise<void> {
    this.#close();
  }

  #respond(message: Buffer, transport: 'UDP' | 'TCP'): Buffer | undefined {
    this.#queries[transport] += 1;
    moved(QUERY_COST_BYTES);
    try {
      this.#members?.refresh();
      return respond(this.#zones, message, transport);
    } catch (error) {
      // In a socket's handler it would end the daemon, for a query that anybody can send.
      if (!this.#hasFailed) this.#log(`a query has failed: ${errorMessage(error)}`);
      this.#hasFailed = true;
      return serverFailure(message);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new CircuitError('EPIPE', 'the name server was scrubbed');
  }

  #close(): void {
    this.#isClosed = true;
    this.#members?.[Symbol.dispose]();
    this.#zones[Symbol.dispose]();
    this.#servers?.[Symbol.dispose]();
    this.#servers = undefined;
  }
}
