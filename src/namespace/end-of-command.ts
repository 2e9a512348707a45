import type { FileDescription } from '../kinds/table.js';

const NEWLINE = 0x0a;

/**
 * How many of the bytes written to a command file are complete commands: lines, or a JSON text when its
 * brackets close.
 */
export function endOfCommand(json: FileDescription['json']): (written: Buffer) => number {
  return (written) => {
    const text = json ? written.toString() : '';
    const isJson = json === 'optional' ? /^\s*\{/.test(text) : json;
    if (isJson) return isCompleteJson(text) ? written.length : 0;
    return written.lastIndexOf(NEWLINE) + 1;
  };
}

/**
 * Whether a text that is still being written is a whole JSON object, or cannot become one. It looks
 * only at brackets and quotes: JSON.parse cannot tell a text that is not whole from one that is wrong.
 */
function isCompleteJson(text: string): boolean {
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
      // An object does not begin like this.
      return true;
    }
  }
  return false;
}
