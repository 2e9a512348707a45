/** The tokens of JSON, each with the blanks before it. */
const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+)/gsy;
const INDENT = '  ';

/**
 * JSON with indents, as JSON.stringify makes them. Numbers stay as they are: an engine has some of 64
 * bits, which JavaScript would round.
 * @param json What the engine has made, which is well-formed.
 */
export function indentedJson(json: string): string {
  let text = '';
  let depth = 0;
  let before = '';
  for (const [, token = ''] of json.matchAll(TOKEN)) {
    const closes = token === '}' || token === ']';
    const opened = before === '{' || before === '[';
    if (closes) depth -= 1;
    if (closes ? !opened : opened || before === ',') text += `\n${INDENT.repeat(depth)}`;
    text += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
    before = token;
  }
  return text;
}
