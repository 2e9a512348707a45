import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TRYING_AGAIN } from '../../../src/bootstrap/search.js';
import { isTrouble } from '../../../src/cli/log-lines.js';

const SRC = join(import.meta.dirname, '../../../../src');

/** The events that nobody wants, in the daemon's own sentences, with `…` for what is put in. */
const UNWANTED = [
  'no address left for commands: only the addon can lock its file; give them -d ADDRESS',
  'no processes: …',
  '… is ignored: …',
  '… is not removed yet: …',
  '… did not begin: …',
  '… did not end: …',
  '… is not joined any more: this member is to stay alone',
  '… stays behind: …',
  '… was not removed: …',
  '…: … of … lines are not addresses, and are ignored',
  '…; going on without',
  '…; it is not tried any more',
  '…; trying again until it answers, or the command is interrupted',
  'another daemon was started as …; this one goes on alone',
  'a query has failed: …',
  'container … cannot be followed: …',
  'container … is not removed yet: …',
  'container … was …, and is no element: …; docker rm -f … removes it',
  'containers cannot be followed now: …',
  "discovery on … is not encrypted: every host that listens there learns this daemon's address, and may command it",
  'discovery: not joined: …',
  'discovery: … is not understood: …',
  'no address left for commands: XDG_RUNTIME_DIR is not set; give them -d ADDRESS',
  'no address left for commands: …; trying again',
  'not mounted: …',
  'not unmounted: …',
  'orphans are not reaped: …',
  'peer=… ……',
  'refused since …: …',
  'refused: 1 …, from …',
  'the cluster key in … can be read by others',
  'the containers cannot be listed: …',
  'the file on standard output can be read by others, who may then command this daemon',
  'the host does not see the mount: the service has a mount namespace of its own, by PrivateTmp=, ProtectSystem= or the like',
  'the members are not kept for the next start: …',
  'the service manager is not told: …; trying again',
];

const USUAL = [
  '… ended',
  '… is container … again, which an earlier run left',
  'container … was left behind, and has been removed',
  'containers are followed again',
  '… has lost its exec; its group gets HUP, and after … s KILL',
  '… has the address of another daemon; this one takes it over when that one ends',
  '… has the address of this daemon now',
  '… joined',
  '… listens on …',
  '… was removed',
  'discovery on …, sealed with the cluster key',
  'discovery: joined …',
  'left the network of … members',
  'mounted on ……',
  'the cluster key in … is ……',
  'the members are kept for the next start again',
];

/** Put together of parts; the words that count are in these. */
const OF_PARTS = ['… …', '……', '…; …', '/…: …'];

test('each sentence that a daemon logs is known here, and whether it tells of trouble', (t) => {
  const sorted = (sentences: readonly string[]) => [...new Set(sentences)].sort();
  t.deepEqual(sorted(sentencesOfDaemon()), sorted([...UNWANTED, ...USUAL, ...OF_PARTS]));
});

test('events that nobody wants are told from all others by their words, whatever is put in', (t) => {
  const isUnwanted = (sentence: string) =>
    isTrouble({ at: '', what: `- ${sentence.replaceAll('…', '/x')}` });
  t.deepEqual(
    UNWANTED.filter((each) => !isUnwanted(each)),
    [],
  );
  t.deepEqual(USUAL.filter(isUnwanted), []);
  for (const sentence of [
    'X0123456789abcdef failed',
    `nobody listens on 10.0.0.1:1${TRYING_AGAIN}`,
    'not joined again: all daemons that were known before have ended, or …; …',
  ]) {
    t.true(isUnwanted(sentence), sentence);
  }
  for (const sentence of ['X0123456789abcdef left', 'joined web1, by 10.0.0.1:1']) {
    t.false(isUnwanted(sentence), sentence);
  }
});

/** The sentences that are given to the log in the source, with `…` for what is put in. */
function sentencesOfDaemon(): readonly string[] {
  const files = ['anchor', 'bootstrap', 'daemon', 'kinds', 'transport'].flatMap((room) =>
    readdirSync(join(SRC, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(SRC, room, name)),
  );
  return [...files, join(SRC, 'cli/start.ts')].flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(CALL)].flatMap(([, argument = '']) => {
      const said = CONSTANT.test(argument) ? declared(argument, text) : argument;
      return (said.match(LITERAL) ?? []).map((each) => each.slice(1, -1).replace(PUT_IN, '…'));
    });
  });
}

function declared(constant: string, text: string): string {
  return new RegExp(`^const ${constant} =([^;]*);`, 'm').exec(text)?.[1] ?? '';
}

/** A call that writes to the log, with its argument. */
const CALL = /(?:\blog|\.event|daemon\.note|#log|#say|#tell)\(((?:[^;]|;(?!\n))*?)\);\n/g;

const CONSTANT = /^[A-Z]+$/;

/** A template, or a string of several words. */
const LITERAL = /`[^`]*`|'[^']* [^']*'/g;

const PUT_IN = /\$\{(?:[^{}]|\{[^}]*\})*\}/g;
