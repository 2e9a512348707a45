import { excerpt, invalid } from './invalid.js';

/** 65,535 bytes of data as `\DDD`, and some space for all else. A longer text would only take time. */
const MAX_CHARACTERS = 300_000;

/** A word or a string, with its escapes and without its quotes. */
export interface Token {
  readonly text: string;
  /** A pair is a word with a string behind its `=`, `alpn="h2,h3"` (RFC 9460, section 2.1). */
  readonly form: 'word' | 'string' | 'pair';
}

/** Blanks and a comment, an end of line, a parenthesis, a string; or a word, maybe with a string. */
const PIECE =
  /[ \t\r]+|;[^\n]*|(?<newline>\n)|(?<parenthesis>[()])|"(?<string>(?:[^"\\]|\\.)*)"|(?<word>(?:[^ \t\r\n;()"\\]|\\.)+)(?:(?<==)"(?<value>(?:[^"\\]|\\.)*)")?/sy;

/**
 * Splits the text of one record as RFC 1035, section 5.1 has it: parentheses join lines, and a
 * semicolon begins a comment.
 * @throws CircuitError EINVAL (quotes or parentheses are not closed, there are two records, or it is too long)
 */
export function tokensOf(text: string): Token[] {
  if (text.length > MAX_CHARACTERS) {
    throw invalid(`the record has ${text.length} characters: one has at most ${MAX_CHARACTERS}`);
  }
  const tokens: Token[] = [];
  let depth = 0;
  let hasEnded = false;
  let at = 0;
  while (at < text.length) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(text);
    if (!match) throw unreadable(text.slice(at));
    at = PIECE.lastIndex;
    const { newline, parenthesis, string, word, value } = match.groups ?? {};
    if (newline !== undefined) hasEnded ||= depth === 0 && tokens.length > 0;
    if (parenthesis === '(') depth++;
    if (parenthesis === ')' && --depth < 0) throw invalid('a ")" stands before its "("');
    const token = tokenOf(string, word, value);
    if (!token) continue;
    if (hasEnded) {
      throw invalid(`a second record begins with ${excerpt(token.text)}: write one at a time`);
    }
    if (word !== undefined && text[at] === '"') throw quoteInWord(word);
    tokens.push(token);
  }
  if (depth > 0) {
    throw invalid('a "(" is not closed: write a record with its parentheses in one line');
  }
  return tokens;
}

function tokenOf(string?: string, word?: string, value?: string): Token | undefined {
  if (string !== undefined) return { text: string, form: 'string' };
  if (word === undefined) return undefined;
  if (value !== undefined) return { text: word + value, form: 'pair' };
  return { text: word, form: 'word' };
}

/** @param rest What begins neither a word nor a string. */
function unreadable(rest: string) {
  return invalid(
    rest.startsWith('"')
      ? `the quote before ${excerpt(rest.slice(1))} is not closed`
      : 'the record ends in a backslash: a character or three digits stand behind one',
  );
}

function quoteInWord(word: string) {
  return invalid(
    `a quote stands behind ${excerpt(word)}: begin with it, or write \\" for its sign`,
  );
}
