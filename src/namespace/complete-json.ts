/**
 * Whether a text that is still being written is a whole JSON object, or cannot
 * become one: from its brackets and quotes alone, so that it can be told before
 * the last piece has come.
 */
export function isCompleteJson(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') {
      inString = true;
    } else if (character === '{' || character === '[') {
      depth += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth <= 0) return true;
    } else if (depth === 0 && !/\s/.test(character ?? '')) {
      // It does not begin as an object does.
      return true;
    }
  }
  return false;
}
