/** Escapes control characters: a name must not look like a second line, nor command a terminal. */
export function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => `\\x${hex(c, 2)}`);
}

/** The same for JSON, which leaves DEL and the C1 controls as they are. Its value stays the same. */
export function escapeControlsInJson(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (c) => `\\u${hex(c, 4)}`);
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
