/**
 * Prints for each case whether the hosts keep it: `npm run conformance`. Words that are given choose the
 * cases whose theme or name contains one of them.
 */
import { Semaphore } from '../../src/base/semaphore.js';
import { AT_ONCE } from './at-once.js';
import type { Case } from './case.js';
import { THEMES } from './conformance.js';
import { HOSTS } from './host.js';
import { judge, type Verdict } from './judge.js';
import { Scene } from './scene.js';

interface Row {
  readonly theme: string;
  readonly name: string;
  readonly verdicts: Promise<readonly Verdict[]>;
}

const words = process.argv.slice(2);
const teardowns: (() => void | Promise<void>)[] = [];
const teardown = (finish: () => void | Promise<void>) => void teardowns.push(finish);
const hosts = HOSTS.map((host) => ({
  bound: new Semaphore(AT_ONCE[host]),
  scene: new Scene({ teardown }, host),
}));

function isChosen(theme: string, { name }: Case): boolean {
  return words.length === 0 || words.some((word) => `${theme}: ${name}`.includes(word));
}

function verdictsOn(each: Case): Promise<readonly Verdict[]> {
  const verdicts = hosts.map(async ({ bound, scene }) => {
    using _ = await bound.acquire();
    return await judge(scene, each);
  });
  return Promise.all(verdicts);
}

function rows(): readonly Row[] {
  return THEMES.flatMap(({ name: theme, cases }) =>
    cases
      .filter((each) => isChosen(theme, each))
      .map((each) => ({ theme, name: each.name, verdicts: verdictsOn(each) })),
  );
}

async function print(all: readonly Row[]): Promise<void> {
  const widths = HOSTS.map((host) => Math.max(host.length, 'FAILED'.length));
  const width = Math.max(...all.map(({ name }) => name.length), 0);
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(width), ...cells.map((cell, i) => cell.padEnd(widths[i] ?? 0))].join('  ');
  console.log(line('', HOSTS).trimEnd());
  let last = '';
  for (const { theme, name, verdicts } of all) {
    if (theme !== last) console.log(`\n${theme}`);
    last = theme;
    const found = await verdicts;
    const remarks = found.map(remark).filter((text) => text !== '');
    if (found.some(({ result }) => result === 'FAILED')) process.exitCode = 1;
    console.log(
      `${line(
        name,
        found.map(({ result }) => result),
      )}  ${remarks.join('; ')}`.trimEnd(),
    );
  }
}

function remark(verdict: Verdict): string {
  switch (verdict.result) {
    case 'yes':
      return '';
    case 'no':
      return verdict.reason;
    case 'FAILED':
      return verdict.why.trimEnd();
    default:
      return verdict satisfies never;
  }
}

try {
  await print(rows());
} finally {
  for (const finish of teardowns) await finish();
}
