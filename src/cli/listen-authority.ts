import { isIPv6Address, splitAuthority } from '../base/address.js';
import { CUSTOMARY_PORT } from '../base/contact.js';
import { CircuitError } from '../base/error.js';
import { redact } from '../base/redact.js';

/** Where to listen: on all interfaces without a host, on a free port with port 0. */
export interface ListenAuthority {
  readonly host: string | undefined;
  readonly port: number;
}

/**
 * Understands what a script has at hand for `circuit start -a`: HOST, HOST:PORT, :PORT, an IPv6
 * address, bare or in brackets; with the white space that a file or a program leaves around it.
 * @throws CircuitError EINVAL, with a sentence that says what is missing
 */
export function parseListenAuthority(option: string): ListenAuthority {
  const text = option.trim();
  const complaint = complaintAbout(text);
  if (complaint) throw new CircuitError('EINVAL', complaint);
  const given = splitAuthority(text);
  if (given) return { host: given.host, port: given.port ?? CUSTOMARY_PORT };
  const sentence = `${redact(text)} is not HOST, HOST:PORT, [IPV6]:PORT or :PORT`;
  throw new CircuitError('EINVAL', sentence);
}

/** Says what is missing where a variable of the script was empty, or is not what it should be. */
function complaintAbout(text: string): string | undefined {
  if (isIPv6Address(text)) return undefined;
  if (text === '') return '-a is empty; give it HOST, HOST:PORT, or :PORT for all interfaces';
  if (/\s/.test(text)) return `-a takes one host; ${redact(text)} has white space in it`;
  if (/^\d+$/.test(text)) return `${text} is not a host; give :${text} to listen on all interfaces`;
  if (text.endsWith(':')) return `${redact(text)} has no port behind the colon`;
  const [, host = '', port] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (isIPv6Address(host))
    return `${text} is not an IPv6 address; with a port it is [${host}]:${port}`;
  return undefined;
}
