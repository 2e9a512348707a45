import { CircuitError } from '../base/error.js';
import { redact } from '../base/redact.js';

/** The names in `/X…/a/b`. @throws CircuitError EINVAL */
export function parsePath(path: string): readonly string[] {
  if (!path.startsWith('/')) {
    const sentence = `${redact(path)} is not a path; it begins with a slash, as in /X…/a`;
    throw new CircuitError('EINVAL', sentence);
  }
  return path.split('/').filter((name) => name !== '');
}
