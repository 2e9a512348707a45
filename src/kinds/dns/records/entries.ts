/** An entry of a zone text: a record, or a directive. */
export interface Entry {
  /** Without the end of its last line. */
  readonly text: string;
  /** The line in which it begins; the first one is 1. */
  readonly line: number;
}

/**
 * The entries of a zone text: lines, of which one goes on while a parenthesis is open (RFC
 * 1035, section 5.1). Without those that are blank, or a comment.
 */
export function* entriesOf(text: string): Generator<Entry> {
  let line = 1;
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = endOf(text, start);
    const entry = text.slice(start, end);
    if (!/^\s*(;.*)?$/.test(entry)) yield { text: entry, line };
    line += entry.split('\n').length;
  }
}

/** Where the entry that begins at `start` ends: at an end of line, or with the text. */
function endOf(text: string, start: number): number {
  let depth = 0;
  let within: 'text' | 'quotes' | 'comment' = 'text';
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\n' && depth <= 0) return at;
    if (character === '\n') within = 'text';
    else if (within === 'comment') continue;
    else if (character === '\\') at += 1;
    else if (character === '"') within = within === 'text' ? 'quotes' : 'text';
    else if (within === 'quotes') continue;
    else if (character === ';') within = 'comment';
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
  }
  return text.length;
}
