/** Manual pages in mdoc(7), which mandoc and groff read: a macro a line, and text between. */

/** Characters that roff, or its output to a terminal, would take for something else. */
const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  "'": '\\(aq',
  '`': '\\(ga',
  '"': '\\(dq',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** A text as one or more lines of roff that print it; hyphens at the beginning of words are those of options. */
export function text(plain: string): string {
  const escaped = plain
    // The ASCII of roff, which LC_ALL=C asks for, has no such character.
    .replaceAll('…', '...')
    .replace(/[\\'`"^~]/g, (character) => SPECIAL[character] ?? character)
    .replace(/(?<=^|[\s(-])-|-(?=-)/g, '\\-')
    .replace(/[^\n -~]/gu, (character) => `\\[u${codePoint(character)}]`);
  // A line that begins with a dot would be a macro.
  return escaped.replace(/^\./gm, '\\&.');
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** A macro with its arguments, which may have spaces. */
export function macro(name: string, ...args: readonly string[]): string {
  return [`.${name}`, ...args.map(argument)].join(' ');
}

function argument(plain: string): string {
  const escaped = text(plain);
  return /\s/.test(escaped) || escaped === '' ? `"${escaped}"` : escaped;
}

/** A text that is filled. Each sentence begins a line: roff puts the space after it. */
export function filled(plain: string): string {
  return text(plain.replace(/([.?!])\s+(?=[A-Z])/g, '$1\n'));
}

/** A text as a sentence, which begins with a capital. */
export function sentence(plain: string): string {
  const [first = '', ...rest] = plain;
  return filled(`${first.toUpperCase()}${rest.join('')}.`);
}

/** Paragraphs, with empty lines between. */
export function paragraphs(plain: string): readonly string[] {
  const each = plain.trim().split(/\n{2,}/);
  return each.flatMap((paragraph, index) => [
    ...(index === 0 ? [] : ['.Pp']),
    // roff ends a line where the next one is indented.
    filled(paragraph.replace(/\n\s*/g, '\n')),
  ]);
}

/** A list of terms, each a macro's arguments, and what is said of them. */
export function list(
  items: readonly (readonly [term: string, said: readonly string[]])[],
): readonly string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap(([term, said]) => [`.It ${term}`, ...said]);
  return ['.Bl -tag -width Ds', ...lines, '.El'];
}

/** Lines to copy. */
export function example(lines: readonly string[]): readonly string[] {
  return ['.Bd -literal -offset indent', ...lines.map(text), '.Ed'];
}

export interface Page {
  readonly name: string;
  readonly section: number;
  /** Stands after its name in lists of pages. */
  readonly about: string;
  readonly lines: readonly string[];
}

/** @param version Of the package. @param date When the page was made. */
export function page({ name, section, about, lines }: Page, version: string, date: Date): string {
  const day = date.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' });
  const head = [
    `.Dd ${day}`,
    `.Dt ${name.toUpperCase()} ${section}`,
    macro('Os', `circuit ${version}`),
    '.Sh NAME',
    macro('Nm', name),
    `.Nd ${text(about)}`,
  ];
  return `${[...head, ...lines].join('\n')}\n`;
}
