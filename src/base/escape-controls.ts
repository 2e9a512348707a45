/** Escapes control characters: a name must not look like a second line, nor command a terminal. */
export function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => {
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
