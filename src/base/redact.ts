/** How many characters of a command the log shows, and how many are searched for secrets. */
const SHOWN = 500;
const LOOKED_AT = 64 * 1024;

/** A secret outside an address: longer than the 16 digits of a member's name. */
const SECRET_ALONE = /[0-9a-f]{17,}/gi;

/** A cluster key: 32 bytes in base64. */
const CLUSTER_KEY = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?!=)/g;

/** The beginning of a text, and a sign if there is more. @param max In characters. */
export function shorten(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}

/** A command as the operations log may show it: on one line, without the secrets of addresses. */
export function redact(command: string, max = SHOWN): string {
  const shown = command
    .slice(0, LOOKED_AT)
    .replace(/Q[0-9a-f]{8,}/gi, 'Q…')
    .replace(CLUSTER_KEY, '…')
    .replace(SECRET_ALONE, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return shorten(shown, max);
}
