import { redact } from '../base/redact.js';

/**
 * A command as the log may show it: without its environment. A text that is no JSON could have that
 * anywhere, and is not shown.
 */
export function redactEnvironment(json: string): string {
  let shown: string;
  try {
    shown = JSON.stringify(JSON.parse(json), (key, value) => (isEnvironment(key) ? '…' : value));
  } catch {
    return `(${json.length} characters that are no JSON)`;
  }
  return redact(shown);
}

/** As the keys of a command are matched. */
function isEnvironment(key: string): boolean {
  return key.toLowerCase() === 'env';
}
