/**
 * The entries of a zone text: lines, of which one goes on while a parenthesis is open (RFC
 * 1035, section 5.1). Without those that are blank, or a comment.
 */
export function entriesOf(text: string): readonly string[] {
  const entries: string[] = [];
  let start = 0;
  let depth = 0;
  let within: 'text' | 'quotes' | 'comment' = 'text';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\n') within = 'text';
    else if (within === 'comment') continue;
    else if (character === '\\') at += 1;
    else if (character === '"') within = within === 'text' ? 'quotes' : 'text';
    else if (within === 'quotes') continue;
    else if (character === ';') within = 'comment';
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    if (character !== '\n' || depth > 0) continue;
    entries.push(text.slice(start, at));
    start = at + 1;
    depth = 0;
  }
  entries.push(text.slice(start));
  return entries.filter((entry) => !/^\s*(;.*)?$/.test(entry));
}
