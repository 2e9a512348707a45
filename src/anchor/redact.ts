/** How much of a command the log shows, in characters; and how much is looked at for that. */
const SHOWN = 500;
const LOOKED_AT = 64 * 1024;

/** A secret without its address: longer than the 16 digits of a member's name. */
const SECRET_ALONE = /[0-9a-f]{17,}/gi;

/**
 * A command as the operations log may show it: in one piece, without the secrets of
 * addresses, and without the environment of a process.
 */
export function redact(command: string): string {
  const shown = withoutEnvironment(command)
    .slice(0, LOOKED_AT)
    .replace(/Q[0-9a-f]{8,}/gi, 'Q…')
    .replace(SECRET_ALONE, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown;
}

/** What should be JSON and is none could have it anywhere, and is not shown. */
function withoutEnvironment(command: string): string {
  if (!/^\s*[[{"]/.test(command)) return command;
  try {
    return JSON.stringify(JSON.parse(command), (key, value) => (isEnvironment(key) ? '…' : value));
  } catch {
    return `(${command.length} characters that are no JSON)`;
  }
}

/** As the keys of a process are understood. */
function isEnvironment(key: string): boolean {
  return key.toLowerCase() === 'env';
}
