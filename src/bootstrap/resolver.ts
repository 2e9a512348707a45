import { Resolver as Dns, lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { canBeDialled } from '../base/address.js';
import { type Contact, CUSTOMARY_PORT } from '../base/contact.js';
import { CircuitError, errorCode } from '../base/error.js';
import { fulfilled } from '../base/fulfilled.js';
import { within } from '../base/interruptible.js';

/** Where a daemon may listen: an IP address, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A record of the kind SRV (RFC 2782). */
export interface Service {
  /** The host, empty where the record says that the service is not offered. */
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** The services that know names: getaddrinfo(3), and the DNS. Both fail with the errors of node:dns. */
export interface NameService {
  addresses(host: string): Promise<readonly string[]>;
  services(name: string): Promise<readonly Service[]>;
}

/**
 * More addresses of one contact are not taken at once, but others each time: any daemon that answers
 * knows the rest.
 */
export const MAX_ENDPOINTS = 64;

/** How long an answer of the DNS may take; it is asked twice within that. */
const DNS_TIMEOUT_MS = 1_000;
const DNS_TRIES = 2;

const RESOLVE_TIMEOUT_MS = 4_000;

/** The answers of the DNS where there is no such record. */
const NO_RECORD = ['ENOTFOUND', 'ENODATA'];

/**
 * Finds the endpoints of a contact. A name with a port has all its A and AAAA records. A name without
 * a port has those of the hosts in its SRV records, `_circuit._tcp.NAME`, and with their ports; where
 * it has none, its own with {@link CUSTOMARY_PORT}. Nothing is kept: names are resolved anew each time.
 */
export class Resolver {
  readonly #names: NameService;
  readonly #timeout: number;
  /** One at a time of a name: getaddrinfo(3) cannot be interrupted, and may take half a minute. */
  readonly #lookups = new Map<string, Promise<readonly string[]>>();

  /** @param timeout How long a contact may take to be resolved, in milliseconds. */
  constructor(names: NameService = SYSTEM, timeout = RESOLVE_TIMEOUT_MS) {
    this.#names = names;
    this.#timeout = timeout;
  }

  /**
   * In the order in which RFC 2782 wants them to be tried; at least one.
   * @throws CircuitError EHOSTUNREACH (no such host, or it has no daemon), ETIMEDOUT or EAGAIN (there
   *   was no answer to tell)
   */
  async resolve(contact: Contact): Promise<readonly Endpoint[]> {
    const { host, port } = contact;
    if (isIP(host)) return [{ host, port: port ?? CUSTOMARY_PORT }];
    const found = port === undefined ? this.#search(host) : this.#endpoints(host, port);
    const late = () => new CircuitError('ETIMEDOUT', `${NO_ANSWER} for the name ${host}`);
    const all = await within(found, this.#timeout, late);
    const different = new Map(all.map((each) => [`${each.port} ${each.host}`, each]));
    return sample([...different.values()], MAX_ENDPOINTS);
  }

  async #search(host: string): Promise<readonly Endpoint[]> {
    const services = await this.#services(host);
    if (!services) return await this.#endpoints(host, CUSTOMARY_PORT);
    const offered = services.filter(({ name, port }) => canBeDialled(name) && port > 0);
    if (offered.length === 0) {
      const sentence = `${host} has no circuit daemon, as its SRV record says`;
      throw new CircuitError('EHOSTUNREACH', sentence);
    }
    const targets = inOrder(offered).slice(0, MAX_ENDPOINTS);
    const found = targets.map(({ name, port }) => this.#endpoints(name, port));
    return (await fulfilled(found)).flat();
  }

  /** The SRV records of a host; `undefined` if it has none. */
  async #services(host: string): Promise<readonly Service[] | undefined> {
    // Their names are not asked for (RFC 6761, section 6.3).
    if (/(^|\.)localhost\.?$/i.test(host)) return undefined;
    const name = `_circuit._tcp.${host}`;
    try {
      const services = await this.#names.services(name);
      // Where a wildcard has a CNAME, the answer has that alone: there is no SRV record, either.
      return services.length === 0 ? undefined : services;
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (NO_RECORD.includes(code)) return undefined;
      // Nobody answers for the DNS on this host: its names are those of /etc/hosts.
      if (code === 'ECONNREFUSED') return undefined;
      const hint = `with a port, ${host}:${CUSTOMARY_PORT}, it is not asked`;
      throw code === 'ETIMEOUT'
        ? new CircuitError('ETIMEDOUT', `${NO_ANSWER} for ${name}; ${hint}`)
        : new CircuitError('EAGAIN', `the name server failed (${code}) for ${name}; ${hint}`);
    }
  }

  async #endpoints(host: string, port: number): Promise<readonly Endpoint[]> {
    const shared = this.#lookups.get(host) ?? this.#lookUp(host);
    return sample(await shared, MAX_ENDPOINTS).map((address) => ({ host: address, port }));
  }

  #lookUp(host: string): Promise<readonly string[]> {
    const found = this.#names
      .addresses(host)
      .catch((error: unknown) => {
        const code = errorCode(error) ?? '';
        throw code === 'EAI_AGAIN'
          ? new CircuitError('EAGAIN', `the name ${host} cannot be resolved now (${code})`)
          : new CircuitError('EHOSTUNREACH', `there is no host named ${host}`);
      })
      .finally(() => this.#lookups.delete(host));
    this.#lookups.set(host, found);
    return found;
  }
}

/** So many of them at random, in their order. */
function sample<T>(all: readonly T[], count: number): readonly T[] {
  let wanted = count;
  return all.filter((_, at) => {
    const isTaken = Math.random() * (all.length - at) < wanted;
    if (isTaken) wanted -= 1;
    return isTaken;
  });
}

const NO_ANSWER = 'no name server has answered in time';

const SYSTEM: NameService = {
  addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  // A new one each time: it reads /etc/resolv.conf when it is made.
  services: (name) => new Dns({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES }).resolveSrv(name),
};

/**
 * By priority, and among those of one priority at random, the earlier the more weight they have
 * (RFC 2782): the smallest of exponential variates is drawn in proportion to the rates.
 */
function inOrder(services: readonly Service[]): readonly Service[] {
  return services
    .map((service) => {
      const { weight } = service;
      return {
        service,
        place: weight > 0 ? -Math.log(1 - Math.random()) / weight : Number.MAX_VALUE,
      };
    })
    .sort((a, b) => a.service.priority - b.service.priority || a.place - b.place)
    .map(({ service }) => service);
}
