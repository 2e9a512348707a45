/** The shells for which there is a completion. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** A command as it stands on a shell's command line, up to the cursor. */
export interface CommandLineWords {
  /** The words before the one at the cursor, without the command's own name. */
  readonly before: readonly string[];
  /** The word at the cursor, which may be empty. */
  readonly current: string;
  /** The same as it was typed, with its quotes. */
  readonly typed: string;
  /** The quotation mark that is open at the cursor. */
  readonly quote: '"' | "'" | undefined;
  /** Whether the word at the cursor is the file of a redirection. */
  readonly redirected: boolean;
}

/**
 * Splits a command line as the shell would, but executes nothing: a variable is looked up in the
 * environment, and a substitution stays as it was typed.
 */
export function splitCommandLine(
  line: string,
  shell: Shell,
  env: NodeJS.ProcessEnv,
): CommandLineWords {
  const words: string[] = [];
  let word: string | undefined;
  let start = 0;
  let quote: CommandLineWords['quote'];
  let redirected = false;
  for (let at = 0; at < line.length; ) {
    const { typed, text, open } = pieceAt(line.slice(at), shell, env);
    quote = open;
    if (text !== undefined) {
      if (word === undefined) start = at;
      word = (word ?? '') + text;
    } else {
      if (word !== undefined && !redirected) words.push(word);
      redirected = /[<>]/.test(typed) || (redirected && word === undefined);
      word = undefined;
    }
    at += typed.length;
  }
  const [, ...before] = words.slice(words.findIndex((each) => !/^\w+=/.test(each)));
  const typed = word === undefined ? '' : line.slice(start);
  return { before, current: word ?? '', typed, quote, redirected };
}

/** A part of a word with the text that it stands for, or without one what ends a word. */
interface Piece {
  readonly typed: string;
  readonly text?: string;
  /** A quotation mark without its second one. */
  readonly open?: CommandLineWords['quote'];
}

const BLANK_OR_REDIRECTION = /^(\s+|&?[<>]+[&|]?(?!\())/;
const SUBSTITUTION = /^([$<>]\(|`)/;
const VARIABLE = /^\$(?:\{(\w+)\}|(\w+))/;
/** A quoted text may go on beyond the cursor. */
const SINGLE_QUOTED = /^'([^']*)('?)/;
/** In fish a backslash quotes also here. */
const SINGLE_QUOTED_OF_FISH = /^'((?:[^'\\]|\\.)*)('|\\?$)/s;
const DOUBLE_QUOTED = /^"((?:[^"\\]|\\.)*)("|\\?$)/s;
const ESCAPED = /^\\(.?)/s;
const QUOTED_OR_VARIABLE = /\\([\\"$`])|\$(?:\{(\w+)\}|(\w+))/g;

/** The first piece of `rest`, which is not empty. */
function pieceAt(rest: string, shell: Shell, env: NodeJS.ProcessEnv): Piece {
  const between = BLANK_OR_REDIRECTION.exec(rest);
  if (between) return { typed: between[0] };
  if (SUBSTITUTION.test(rest)) {
    const typed = substitution(rest);
    return { typed, text: typed };
  }
  const variable = VARIABLE.exec(rest);
  if (variable) {
    const [typed, braced, bare = ''] = variable;
    return { typed, text: env[braced ?? bare] ?? typed };
  }
  const single = (shell === 'fish' ? SINGLE_QUOTED_OF_FISH : SINGLE_QUOTED).exec(rest);
  if (single) {
    const [typed, quoted = '', end] = single;
    const text = shell === 'fish' ? quoted.replace(/\\([\\'])/g, '$1') : quoted;
    return { typed, text, open: end === "'" ? undefined : "'" };
  }
  const double = DOUBLE_QUOTED.exec(rest);
  if (double) {
    const [typed, quoted = '', end] = double;
    const text = quoted.replace(
      QUOTED_OR_VARIABLE,
      (whole, literal?: string, braced?: string, bare = '') =>
        literal ?? env[braced ?? bare] ?? whole,
    );
    return { typed, text, open: end === '"' ? undefined : '"' };
  }
  const [typed, text = ''] = ESCAPED.exec(rest) ?? [...rest.slice(0, 1)].flatMap((c) => [c, c]);
  return { typed: typed ?? rest, text };
}

/** `$(…)`, `<(…)` or `` `…` `` to its end, or to that of the line. */
function substitution(rest: string): string {
  if (rest.startsWith('`')) return /^`[^`]*`?/.exec(rest)?.[0] ?? rest;
  let depth = 0;
  for (const { 0: bracket, index } of rest.matchAll(/[()]/g)) {
    depth += bracket === '(' ? 1 : -1;
    if (depth === 0) return rest.slice(0, index + 1);
  }
  return rest;
}

/** Quotes a text for bash, that it is what follows on the command line, where `quote` is open there. */
export function quotedForBash(text: string, quote: CommandLineWords['quote']): string {
  if (quote === "'") return text.replaceAll("'", "'\\''");
  // History is expanded between double quotes, and a backslash there would stay.
  if (quote === '"') return text.replace(/[\\"$`]/g, '\\$&').replaceAll('!', '"\\!"');
  return text.replace(/[\s!"#$&'()*;<>?[\\\]^`{|}~]/g, '\\$&');
}
