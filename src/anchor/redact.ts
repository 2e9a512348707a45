/** How much of a command the log shows, in characters. */
const SHOWN = 500;

/** A secret without its address: longer than the 16 digits of a member's name. */
const SECRET_ALONE = /[0-9a-f]{17,}/gi;

/** A command as the operations log may show it: in one piece, without the secrets of addresses. */
export function redact(command: string): string {
  const shown = command
    .replace(/Q[0-9a-f]{8,}/gi, 'Q…')
    .replace(SECRET_ALONE, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown;
}
