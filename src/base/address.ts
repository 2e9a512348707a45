import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { CircuitError } from './error.js';

/** The part of an address after `Q`: 128 random bits as 32 lower-case hex digits. */
export type Secret = string & { readonly __brand: 'Secret' };

/** A member's public name: `X` and 16 lower-case hex digits. */
export type MemberName = string & { readonly __brand: 'MemberName' };

export const ADDRESS_FORM = 'circuit://HOST:PORT/PID/Q<32 hex digits>';
const PATTERN = /^circuit:\/\/(\[[^\]/\s]*\]|[^:/\s[\]]+):(\d{1,5})\/(\d{1,10})\/Q([0-9a-f]{32})$/i;

/**
 * Where a daemon listens, and the secret that lets its holder command it:
 * `circuit://HOST:PORT/PID/Q…`. An address is a capability: print it only where its owner asked
 * for it.
 */
export class Address {
  constructor(
    /** A host name, an IPv4 address, or an IPv6 address without brackets. */
    readonly host: string,
    readonly port: number,
    /** The process id of the daemon on its host. */
    readonly pid: number,
    readonly secret: Secret,
  ) {}

  /** @throws CircuitError EINVAL, without the text, which may hold a secret. */
  static parse(text: string): Address {
    const match = PATTERN.exec(text);
    const [, bracketed = '', port = '', pid = '', secret = ''] = match ?? [];
    if (!match) {
      throw new CircuitError('EINVAL', `not a circuit address; one looks like ${ADDRESS_FORM}`);
    }
    const host = bracketed.startsWith('[') ? bracketed.slice(1, -1) : bracketed;
    if (bracketed.startsWith('[') && !isIPv6(host)) {
      throw new CircuitError('EINVAL', `${bracketed} in the address is not an IPv6 address`);
    }
    if (!canBeDialled(host)) {
      throw new CircuitError('EINVAL', 'the host in the address cannot be dialled');
    }
    if (Number(port) < 1 || Number(port) > 65535) {
      throw new CircuitError('EINVAL', `port ${port} in the address is not between 1 and 65535`);
    }
    return new Address(host, Number(port), Number(pid), secret.toLowerCase() as Secret);
  }

  /** As {@link parse}, but gives `undefined` for a text that is not an address. */
  static tryParse(text: string): Address | undefined {
    try {
      return Address.parse(text);
    } catch {
      return undefined;
    }
  }

  /** `HOST:PORT`, with the brackets that IPv6 needs. */
  get authority(): string {
    return formatAuthority(this.host, this.port);
  }

  toString(): string {
    return `circuit://${this.authority}/${this.pid}/Q${this.secret}`;
  }
}

/**
 * The host and the port in a text that {@link Address.toString} gave. To parse it takes many times as
 * long, and listings have one for each member.
 */
export function endpointOf(address: string): { readonly host: string; readonly port: number } {
  const [, host = '', port] = /^circuit:\/\/\[?([^\]/]+?)\]?:(\d+)\//.exec(address) ?? [];
  return { host, port: Number(port) };
}

/** The host in a text that {@link Address.toString} gave. */
export function hostOf(address: string): string {
  return endpointOf(address).host;
}

/** Whether a text is an IPv6 address. Node's isIPv6() first compiles an expression for several ms. */
export function isIPv6Address(text: string): boolean {
  return /:.*:/.test(text) && isIPv6(text);
}

/** Whether a host is this one, over its loopback interface: 127.0.0.0/8, ::1, or its name. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d+){1,3}|::1|localhost)$/i.test(host);
}

export function formatAuthority(host: string, port: number): string {
  // Only an IPv6 address has a colon.
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Whether a host can be part of a URL. A host with a zone cannot, since that is valid on one host
 * only; nor can a text that looks like an IPv4 address and is none.
 */
export function canBeDialled(host: string): boolean {
  return (
    /^([a-z0-9._-]+|[0-9a-f:.]+)$/i.test(host) && URL.canParse(`wss://${formatAuthority(host, 1)}`)
  );
}

/** The parts of `HOST:PORT`, each of which may be left out. */
export interface Authority {
  readonly host: string | undefined;
  readonly port: number | undefined;
}

/**
 * Splits `HOST`, `HOST:PORT` or `:PORT`, where an IPv6 address has brackets before a port, and may do
 * without them where there is none. `undefined` for anything else; whether the host is one, the caller
 * has to see.
 */
export function splitAuthority(text: string): Authority | undefined {
  if (isIPv6Address(text)) return { host: text, port: undefined };
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s/]*))(?::(\d{1,5}))?$/.exec(text);
  const [, bracketed, plain, digits] = match ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (!match || text === '' || (port ?? 0) > 65535) return undefined;
  if (bracketed !== undefined && !isIPv6Address(bracketed)) return undefined;
  return { host: bracketed ?? (plain || undefined), port };
}

export function newSecret(): Secret {
  return randomBytes(16).toString('hex') as Secret;
}

export function newMemberName(): MemberName {
  return `X${randomBytes(8).toString('hex')}` as MemberName;
}

export function isMemberName(text: unknown): text is MemberName {
  return typeof text === 'string' && /^X[0-9a-f]{16}$/.test(text);
}
