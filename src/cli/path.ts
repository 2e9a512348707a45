import { CircuitError } from '../base/error.js';
import { redact } from '../base/redact.js';
import type { Anchor } from '../client/anchor.js';
import type { CircuitClient } from '../client/client.js';
import { parsePath } from '../client/path.js';

/** The member that a path names, itself and not one of its anchors. @throws CircuitError EINVAL, ENOENT */
export function memberAt(client: CircuitClient, path: string): Anchor {
  const place = client.anchor(path);
  if (parsePath(place.path).length === 1) return place;
  throw new CircuitError('EINVAL', `${redact(path)} is not a member; circuit ls / lists them`);
}

/** The anchor that a path names, below its member. @throws CircuitError EINVAL, ENOENT */
export function anchorAt(client: CircuitClient, path: string): Anchor {
  const place = client.anchor(path);
  const [member = '', ...names] = parsePath(place.path);
  if (names.length === 0) {
    throw new CircuitError('EINVAL', `${redact(path)} is not an anchor, as in /X…/a`);
  }
  // A member that is not listed fails here, and is not taken for a program or an anchor that is missing.
  client.member(member);
  return place;
}
