/** How much of a command the log shows, in characters. */
const SHOWN = 500;

/** A secret without its address: longer than the 16 digits of a member's name. */
const SECRET_ALONE = /[0-9a-f]{17,}/gi;

/** The values of a process's environment, which may be secrets; also in JSON that is incomplete. */
const ENVIRONMENT = /("Env"\s*:\s*\[)(?:[^\]"]|"(?:[^"\\]|\\.)*"?)*/gs;

/**
 * A command as the operations log may show it: in one piece, without the secrets of
 * addresses, and without environments.
 */
export function redact(command: string): string {
  const shown = command
    .replace(ENVIRONMENT, '$1…')
    .replace(/Q[0-9a-f]{8,}/gi, 'Q…')
    .replace(SECRET_ALONE, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown;
}
