/**
 * Escapes control characters: a name must not look like a second line, nor command a terminal.
 * @param prefix What stands before the two hex digits of each.
 */
export function escapeControls(text: string, prefix = '\\x'): string {
  return text.replace(/\p{Cc}/gu, (c) => {
    return `${prefix}${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
