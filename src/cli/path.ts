import { CircuitError } from '../base/error.js';
import { redact } from '../base/redact.js';
import type { Anchor } from '../client/anchor.js';
import type { CircuitClient } from '../client/client.js';

/** The names in `/X…/a/b`. @throws CircuitError EINVAL */
export function parsePath(text: string): readonly string[] {
  if (!text.startsWith('/')) {
    throw new CircuitError(
      'EINVAL',
      `${redact(text)} is not a path; it begins with a slash, as in /X…/a`,
    );
  }
  return text.split('/').filter((name) => name !== '');
}

/** A member, or an anchor of one. @throws CircuitError EINVAL, ENOENT (no such member) */
export function placeAt(client: CircuitClient, text: string): Anchor {
  const names = parsePath(text);
  if (names.length === 0) {
    throw new CircuitError(
      'EINVAL',
      `${redact(text)} is neither a member, /X…, nor an anchor, /X…/a`,
    );
  }
  return client.anchor(text);
}

/** The member that a path names, itself and not one of its anchors. */
export function memberAt(client: CircuitClient, text: string): Anchor {
  if (parsePath(text).length !== 1) {
    throw new CircuitError('EINVAL', `${redact(text)} is not a member; circuit ls / lists them`);
  }
  return client.anchor(text);
}

/** The anchor that a path names, below its member. */
export function anchorAt(client: CircuitClient, text: string): Anchor {
  if (parsePath(text).length < 2) {
    throw new CircuitError('EINVAL', `${redact(text)} is not an anchor, as in /X…/a`);
  }
  return client.anchor(text);
}
