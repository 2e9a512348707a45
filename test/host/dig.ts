import type { Cluster, Result } from './cluster.js';

/** Where a name server listens. */
export interface Listening {
  readonly address: string;
  readonly port: number;
  /** The network namespace in which it does; else this one. */
  readonly netns?: string | undefined;
}

/** An answer, as dig(1) prints it; each record on a line with single blanks. */
export interface Answer {
  /** `www.example.test. IN A` */
  readonly question: string;
  /** `NOERROR`, `NXDOMAIN`, …; empty where there was no answer. */
  readonly status: string;
  /** Such as `qr aa rd`. */
  readonly flags: string;
  /** What it says of EDNS; empty where it has no OPT record. */
  readonly edns: string;
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** All that dig printed of it. */
  readonly text: string;
}

const ASKING = ['+noall', '+comments', '+question', '+answer', '+authority', '+additional'];
/** A busy machine is given the time; and a second try would hide that the first had no answer. */
const PATIENT = ['+tries=1', '+time=20'];

/** What dig says beside the answers. */
const NOTES = /^;; (?!Got answer|->>HEADER|flags:|[A-Z]+ (?:PSEUDO)?SECTION:).*$/gm;

/** Runs a program where a server listens. */
export function runBeside(
  cluster: Cluster,
  { netns }: Pick<Listening, 'netns'>,
  argv: readonly string[],
): Promise<Result> {
  const enter = netns === undefined ? [] : ['nsenter', `--net=/run/netns/${netns}`];
  return cluster.run([...enter, ...argv]);
}

/**
 * Asks a server one question after the other: `www.example.test A`, or `example.test TXT CH`.
 * @param options Options of dig for all of them.
 */
export async function dig(
  cluster: Cluster,
  server: Listening,
  questions: readonly string[],
  ...options: readonly string[]
): Promise<Answer[]> {
  const at = [`@${server.address}`, '-p', String(server.port), ...PATIENT, ...ASKING];
  const asked = questions.flatMap((question) => {
    const [name = '', type = 'A', inClass = 'IN'] = question.split(' ');
    return ['-q', name, '-t', type, '-c', inClass];
  });
  const argv = ['dig', ...at, '+norecurse', ...options, ...asked];
  const { stdout, stderr } = await runBeside(cluster, server, argv);
  const answers = stdout.split(/^;; Got answer:$/m).slice(1);
  if (answers.length !== questions.length) {
    const said = stdout.match(NOTES) ?? [];
    throw new Error(
      `${questions.length} questions, ${answers.length} answers: ${[...said, stderr].join('\n')}`,
    );
  }
  return answers.map(parse);
}

/** The same for one question. */
export async function digOne(
  cluster: Cluster,
  server: Listening,
  question: string,
  ...options: readonly string[]
): Promise<Answer> {
  const [answer] = await dig(cluster, server, [question], ...options);
  if (!answer) throw new Error('dig gives as many answers as it was asked questions');
  return answer;
}

function parse(text: string): Answer {
  const [, status = ''] = /status: (\w+)/.exec(text) ?? [];
  const [, flags = ''] = /^;; flags: ([^;]*);/m.exec(text) ?? [];
  const [, edns = ''] = /^; EDNS: (.*)$/m.exec(text) ?? [];
  const [question = ''] = section(text, 'QUESTION');
  return {
    question: question.slice(1),
    status,
    flags,
    edns,
    answer: section(text, 'ANSWER'),
    authority: section(text, 'AUTHORITY'),
    additional: section(text, 'ADDITIONAL'),
    text,
  };
}

function section(text: string, name: string): string[] {
  const [, lines = ''] = new RegExp(`^;; ${name} SECTION:\\n((?:.+\\n)*)`, 'm').exec(text) ?? [];
  return lines.split('\n').flatMap((line) => (line === '' ? [] : singleBlanks(line)));
}

/** Between the fields; what stands in quotes stays as it is. */
function singleBlanks(line: string): string {
  return line.replace(/("(?:\\.|[^"\\])*")|\s+/g, (_all, quoted) => quoted ?? ' ');
}

/** An answer for comparison: the order of the records of one name and type means nothing. */
export function comparable({ question, status, flags, answer, authority }: Answer) {
  return { question, status, flags, answer: sets(answer), authority: sets(authority) };
}

/** The records with those of one name and type sorted, and these sets in the order in which they came. */
function sets(records: readonly string[]): string[] {
  const found = new Map<string, string[]>();
  for (const record of records) {
    const [owner = '', , inClass = '', type = ''] = record.split(' ');
    const key = `${owner.toLowerCase()} ${inClass} ${type}`;
    found.set(key, [...(found.get(key) ?? []), record]);
  }
  return [...found.values()].flatMap((set) => set.sort());
}
