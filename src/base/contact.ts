import {
  ADDRESS_FORM,
  Address,
  canBeDialled,
  formatAuthority,
  isIPv6Address,
  splitAuthority,
} from './address.js';
import { CircuitError } from './error.js';

/** Where a daemon listens by custom, where nothing says another port. */
export const CUSTOMARY_PORT = 11022;

/** A host name, or an IPv4 address. */
const NAME = /^[a-z0-9_][a-z0-9._-]{0,252}$/i;

/**
 * A host where daemons that hold our cluster key may listen: `HOST[:PORT]`, with a name, an IPv4
 * address, or an IPv6 address, which needs brackets before a port. It is no secret: the address of
 * such a daemon is learnt from it, by the key.
 */
export class Contact {
  constructor(
    /** A host name, an IPv4 address, or an IPv6 address without brackets. */
    readonly host: string,
    readonly port?: number | undefined,
  ) {}

  /** Gives `undefined` for a text that is not a contact. */
  static tryParse(text: string): Contact | undefined {
    const { host, port } = splitAuthority(text) ?? {};
    if (host === undefined || port === 0) return undefined;
    const isHost = (NAME.test(host) || isIPv6Address(host)) && canBeDialled(host);
    return isHost ? new Contact(host, port) : undefined;
  }

  toString(): string {
    return this.port === undefined ? this.host : formatAuthority(this.host, this.port);
  }
}

/**
 * Parses a text that can be joined and dialled: a circuit address, or, with a cluster key, a contact.
 * @throws CircuitError EINVAL, without the text, which may hold a secret.
 */
export function parseJoinable(text: string, hasKey: boolean): Address | Contact {
  if (/^circuit:\/\//i.test(text)) return Address.parse(text);
  const contact = Contact.tryParse(text);
  if (contact && hasKey) return contact;
  const or = hasKey ? ', and a host like HOST[:PORT]' : '';
  const sentence = contact
    ? `a HOST[:PORT] takes a cluster key (--hmac FILE); a circuit address looks like ${ADDRESS_FORM}`
    : `not a circuit address; one looks like ${ADDRESS_FORM}${or}`;
  throw new CircuitError('EINVAL', sentence);
}
