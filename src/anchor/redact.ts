/** How much of a command the log shows, in characters. */
const SHOWN = 500;

/** A command as the operations log may show it: in one piece, without the secrets of addresses. */
export function redact(command: string): string {
  const shown = command.length > SHOWN ? `${command.slice(0, SHOWN)}…` : command;
  return shown
    .replace(/\/Q[0-9a-f]+/gi, '/Q…')
    .replace(/\s+/g, ' ')
    .trim();
}
