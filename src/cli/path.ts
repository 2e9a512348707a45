import type { AnchorPath, Member } from '../anchor/circuit.js';
import { CircuitError } from '../base/error.js';
import { redact } from '../base/redact.js';
import type { CircuitClient } from '../client/client.js';

/** The names in `/X…/a/b`. @throws CircuitError EINVAL */
export function parsePath(text: string): AnchorPath {
  if (!text.startsWith('/')) {
    throw new CircuitError(
      'EINVAL',
      `${redact(text)} is not a path; it begins with a slash, as in /X…/a`,
    );
  }
  return text.split('/').filter((name) => name !== '');
}

/** The member that a path names, itself and not one of its anchors. */
export function memberAt(client: CircuitClient, text: string): Member {
  const [name, ...rest] = parsePath(text);
  if (name === undefined || rest.length > 0) {
    throw new CircuitError('EINVAL', `${redact(text)} is not a member; circuit ls / lists them`);
  }
  return client.member(name);
}

/** The anchor that a path names, below its member. */
export function anchorAt(
  client: CircuitClient,
  text: string,
): { readonly member: Member; readonly anchor: AnchorPath } {
  const [name, ...anchor] = parsePath(text);
  if (name === undefined || anchor.length === 0) {
    throw new CircuitError('EINVAL', `${redact(text)} is not an anchor, as in /X…/a`);
  }
  return { member: client.member(name), anchor };
}
