/**
 * A host name becomes the name of a directory entry, and is printed on terminals. One that is safe
 * begins with no dot, so that it is neither hidden nor `..`, and with no dash, so that no program takes
 * it for an option. DNS has names of 253 bytes (RFC 1035, section 2.3.4); Linux of 64 (uname(2)).
 */
const SAFE = /^[0-9A-Za-z_][0-9A-Za-z._-]{0,252}$/;

/** The name that a host gives itself, if it is safe to show; else none, which is `''`. */
export function hostNameOf(value: unknown): string {
  return typeof value === 'string' && SAFE.test(value) ? value : '';
}
