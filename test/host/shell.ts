import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Shell } from '../../src/cli/command-line-words.js';
import { CIRCUIT_ENV, type Cluster } from './cluster.js';

/** The lines in a file of each shell's user: our completion, and an address in a variable. */
const FILES = {
  bash: ['.bashrc', `PS1='ready> '; H1=ADDRESS\nsource <(circuit completion bash)\n`],
  zsh: [
    '.zshrc',
    `PS1='ready> '; H1=ADDRESS\nautoload -U compinit; compinit -u -D\nsource <(circuit completion zsh)\n`,
  ],
  fish: [
    '.config/fish/config.fish',
    `function fish_prompt; echo -n 'ready> '; end\nset H1 ADDRESS\ncircuit completion fish | source\n`,
  ],
} as const;

const ARGV: Readonly<Record<Shell, readonly string[]>> = {
  bash: ['bash', '-i'],
  zsh: ['zsh', '-i'],
  fish: ['fish', '-i'],
};

/**
 * Types lines into a shell on a terminal. Each ends with a command that prints `done` and its number; one
 * that the shell takes for incomplete is broken off. Prints what the terminal has shown.
 */
const TYPIST = `
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
shown = b''
def until(text, start = 0):
    global shown
    while text not in shown[start:]:
        if not select.select([terminal], [], [], 5)[0]: return False
        shown += os.read(terminal, 65536)
    return True
until(b'ready> ')
for number, line in enumerate(sys.stdin.buffer.read().split(b'\\0')):
    os.write(terminal, line)
    if until(b'done %d.' % number): continue
    # The terminal drops what is typed before the shell has got Ctrl-C.
    start = len(shown)
    os.write(terminal, b'\\x03')
    until(b'ready> ', start)
os.write(1, shown)
os.close(terminal)
os.waitpid(pid, 0)
`;

export interface Typed {
  /** The words of each line, as the shell gives them to a program; none of one that was incomplete. */
  readonly words: readonly (readonly string[] | undefined)[];
  /** All that stood on the terminal. */
  readonly shown: string;
  /** The directory in which the shell was. */
  readonly home: string;
}

/** Types lines into an interactive shell with our completion; `\t` is the TAB key, `$H1` is the address. */
export async function typeInto(
  shell: Shell,
  cluster: Cluster,
  { address, lines }: { readonly address: string; readonly lines: readonly string[] },
): Promise<Typed> {
  const home = cluster.mkdir(`${shell}-${performance.now()}`);
  mkdirSync(join(home, 'bin'));
  mkdirSync(join(home, '.config/fish'), { recursive: true });
  symlinkSync(CIRCUIT_ENV.CIRCUIT, join(home, 'bin/circuit'));
  const [file, text] = FILES[shell];
  writeFileSync(join(home, file), text.replace('ADDRESS', address));
  // To the start of the line, and to its end: so its words go to printf(1) when they are complete.
  const keys = lines.map(
    (line, number) =>
      `${line}\x01printf '%s\\n' \x05 > out.${number}; printf 'do%s.\\n' 'ne ${number}'\r`,
  );
  const { stdout: shown } = await cluster.run(['python3', '-c', TYPIST, ...ARGV[shell]], {
    cwd: home,
    env: {
      HOME: home,
      ZDOTDIR: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_DATA_HOME: home,
      PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      TERM: 'dumb',
      EDITOR: '',
      VISUAL: '',
      LC_ALL: 'C.UTF-8',
    },
    input: keys.join('\0'),
  });
  const words = lines.map((_line, number) => {
    const file = join(home, `out.${number}`);
    if (!existsSync(file)) return undefined;
    // zsh takes the slash of a directory away again where the word ends with it.
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((word) => word.replace(/(.)\/$/, '$1'));
  });
  return { words, shown, home };
}
