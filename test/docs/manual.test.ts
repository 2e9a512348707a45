import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { program } from '../../src/cli/main.js';
import { REGISTRY } from '../../src/kinds/registry.js';
import { Cluster } from '../host/cluster.js';

const ROOT = join(import.meta.dirname, '../../..');
const MAN = join(ROOT, 'dist/man');
const pages = readdirSync(MAN).flatMap((section) => readdirSync(join(MAN, section)));

/** A page as a user reads it, without the escapes of its source. */
function read(page: string): string {
  const argv = ['-T', 'utf8', '-O', 'width=200', join(MAN, `man${page.at(-1)}`, page)];
  // A bold letter is printed twice, with a backspace between.
  return execFileSync('mandoc', argv, { encoding: 'utf8' }).replaceAll(/.[\b]/g, '');
}

test('mandoc, groff and the index of man-db find nothing wrong in any page of the manual', async (t) => {
  const cluster = new Cluster(t);
  const script = `mandoc -T lint -W warning */*; groff -ww -mdoc -Tutf8 */* > /dev/null`;
  const { stdout, stderr } = await cluster.sh(script, { cwd: MAN });
  t.is(stdout + stderr, '');
  const { stdout: index } = await cluster.sh('lexgrog */*', { cwd: MAN });
  t.is(index.match(/^\S+: "circuit\S* - .+"$/gm)?.length, pages.length, index);
});

test('groff finds a character for each of every page, where only those of ASCII are there', async (t) => {
  const cluster = new Cluster(t);
  const script = 'for page in */*; do groff -ww -mdoc -Tascii "$page"; done';
  const { stdout, stderr } = await cluster.sh(script, { cwd: MAN, env: { LC_ALL: 'C' } });
  t.is(stderr, '');
  t.true(stdout.includes('...'));
});

test('each command has a page, with each of its options and arguments', async (t) => {
  const circuit = await program();
  const main = read('circuit.1');
  for (const command of circuit.createHelp().visibleCommands(circuit)) {
    const name = `circuit-${command.name()}`;
    t.true(main.includes(`${name}(1)`), name);
    const shown = read(`${name}.1`);
    for (const { long, short } of command.options) {
      for (const flag of [long, short]) t.true(shown.includes(flag ?? ''), `${name} ${flag}`);
    }
    for (const argument of command.registeredArguments) {
      t.true(shown.includes(argument.name()), `${name} ${argument.name()}`);
    }
  }
});

test('each control file of members, of anchors and of each kind is on the page of the files', (t) => {
  const shown = read('circuit.5');
  for (const { name, about, files } of [REGISTRY.member, REGISTRY.anchor, ...REGISTRY.kinds]) {
    const section = shown.slice(shown.indexOf(about.split(/[.:]/)[0] ?? ''));
    for (const [file, { type, help }] of Object.entries(files)) {
      t.true(section.includes(`${file} (${type})`), `${file} of ${name}`);
      t.true(section.includes(help.slice(1, 20)), `${file} of ${name}`);
    }
  }
});

test('the line of docs/operating.md makes the manual known to man(1)', async (t) => {
  const cluster = new Cluster(t);
  const document = readFileSync(join(ROOT, 'docs/operating.md'), 'utf8');
  const [line = ''] = /^cp -rs .*dist\/man.*$/m.exec(document) ?? [];
  const installed = join(cluster.mkdir('root'), 'circuitfs');
  symlinkSync(ROOT, installed);
  const script = `npm() { echo $PWD/root; }
    mkdir man; ${line.replace('/usr/local/share/man', '$PWD/man')}
    for page in circuit circuit-ls 'circuit-mk@join' '5 circuit'; do man -M $PWD/man $page | head -1; done`;
  const { stdout, stderr } = await cluster.sh(script, { env: { MANWIDTH: '80' } });
  t.is(stderr, '');
  t.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((heading) => heading.split(' ')[0]),
    ['CIRCUIT(1)', 'CIRCUIT-LS(1)', 'CIRCUIT-MK@JOIN(1)', 'CIRCUIT(5)'],
  );
});
