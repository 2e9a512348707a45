import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { CIRCUIT_ENV, Cluster } from '../host/cluster.js';
import { Lan } from '../host/lan.js';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/from-go-circuit.md'), 'utf8');

/** A command as it is typed, and what it prints; `…` is whatever there is to the next character. */
interface Step {
  readonly command: string;
  readonly printed: string;
}

/** The blocks of the page are one session. */
const SESSION: readonly Step[] = [...PAGE.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(
  ([, block = '']) =>
    [...block.matchAll(/^\$ (.*\n(?:> .*\n)*)((?:[^$].*\n)*)/gm)].map(
      ([, command = '', printed = '']) => ({ command: command.replace(/^> /gm, ''), printed }),
    ),
);

/** Between two commands, in what they print. */
const BETWEEN = '-- end of a command --';

test('every command line of the page for users of the Go circuit prints what stands there', async (t) => {
  const cluster = new Cluster(t);
  const { hosts } = await Lan.of(cluster, 1);
  const circuit = join(cluster.mkdir('bin'), 'circuit');
  // The daemon is noted, should the session come to no end.
  writeFileSync(circuit, '#!/bin/sh\n: > "$PIDS/$$"\nexec "$NODE" "$CIRCUIT_JS" "$@"\n');
  chmodSync(circuit, 0o755);
  const script = SESSION.map(({ command }) => `${command}echo '${BETWEEN}'\n`).join('');
  const session = ['nsenter', `--net=/run/netns/${hosts[0]}`, 'sh', '-c', `exec 2>&1\n${script}`];
  const { stdout } = await cluster.run(session, {
    env: {
      PATH: `${join(cluster.directory, 'bin')}:${process.env.PATH}`,
      PIDS: cluster.pids,
      NODE: CIRCUIT_ENV.NODE,
      CIRCUIT_JS: CIRCUIT_ENV.CIRCUIT,
    },
  });
  const printed = stdout.split(`${BETWEEN}\n`);
  for (const [index, step] of SESSION.entries()) {
    t.regex(printed[index] ?? 'nothing was run', patternOf(step.printed), step.command);
  }
  t.is(printed.length, SESSION.length + 1, stdout);
});

test('a command line that is mentioned on the page is one of those that are run', (t) => {
  t.true(SESSION.length > 30);
  t.is(PAGE.match(/^```/gm)?.length, 2 * (PAGE.match(/^```console$/gm)?.length ?? 0));
  for (const [, mentioned = ''] of PAGE.matchAll(/`(circuit [^`\n]*)`/g)) {
    t.true(
      SESSION.some(({ command }) => command.includes(mentioned)),
      mentioned,
    );
  }
});

function patternOf(printed: string): RegExp {
  const literal = printed.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('…', '.*?')}$`);
}
