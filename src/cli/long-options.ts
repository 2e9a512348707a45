import type { Command, Option } from 'commander';

/** More than one letter, as only long options have. */
const WORD = /^[a-z][a-z-]+$/;

/**
 * The arguments as commander takes them: a long option may have one dash instead of two, and an
 * equals sign may stand before the value of a short one, as in the Go circuit (pkg.go.dev/flag).
 * A word that is neither an option of the command nor short options in one is given two dashes,
 * too: commander then says that there is no such option, and suggests the likely one. It is not
 * the value of a short option, as `pth` would be in `-dpth`. An option that needs no value may have
 * `=true`, which is what it means; `=false` is an error, as is any other value where it takes none.
 * @param circuit The program. Words after `--`, and the command that `exec` is to run, stay as they
 *   are: that command begins at the first word after the anchor that is no option, as with env(1).
 */
export function withTwoDashes(circuit: Command, args: readonly string[]): readonly string[] {
  const taken: string[] = [];
  const rest = [...args];
  let command = circuit;
  let hasAnchor = false;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') return [...taken, arg, ...rest];
    if (!arg.startsWith('-') || arg === '-') {
      if (hasAnchor) return [...taken, '--', arg, ...rest];
      taken.push(arg);
      hasAnchor = command.name() === 'exec';
      if (command !== circuit) continue;
      const named = commandNamed(circuit, arg);
      // commander says so, but not where a --help follows.
      if (!named) return taken;
      command = named;
    } else {
      const { words, takesNext } = translate(command, arg);
      taken.push(...words, ...(takesNext ? rest.splice(0, 1) : []));
    }
  }
  return taken;
}

/** The command of this name, or alias. */
export function commandNamed(circuit: Command, name: string): Command | undefined {
  return circuit.commands.find((one) => one.name() === name || one.aliases().includes(name));
}

interface Translation {
  readonly words: readonly string[];
  /** The next argument is the value of this option, whatever it looks like. */
  readonly takesNext: boolean;
}

function translate(command: Command, arg: string): Translation {
  const options = command.createHelp().visibleOptions(command);
  const [, dashes, name = '', value] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
  const long = named(options, `--${name}`);
  const isFlag = long && !long.required && (!long.optional || /^(true|false)$/.test(value ?? ''));
  if (isFlag && value !== undefined) return flag(command, `--${name}`, value);
  if (long) {
    const words = [value === undefined ? `--${name}` : `--${name}=${value}`];
    return { words, takesNext: long.required && value === undefined };
  }
  const unchanged = { words: [arg], takesNext: false };
  if (dashes === '--') return unchanged;
  const cluster = [...name].map((letter) => named(options, `-${letter}`));
  const last = cluster.pop();
  const isCluster = last !== undefined && cluster.every((option) => option && !option.required);
  if (isCluster && last.required) {
    return value === undefined
      ? { words: [arg], takesNext: true }
      : { words: [`-${name}`, value], takesNext: false };
  }
  if (isCluster && value !== undefined) return flag(command, `-${name}`, value);
  return isCluster || !WORD.test(name) ? unchanged : { words: [`-${arg}`], takesNext: false };
}

/** An option that takes no value, or can be without, and has one, as a boolean flag has in Go. */
function flag(command: Command, option: string, value: string): Translation {
  if (value === 'true') return { words: [option], takesNext: false };
  return command.error(`error: option '${option}' takes no value; leave it out for =false`);
}

function named(options: readonly Option[], flag: string): Option | undefined {
  return options.find(({ short, long }) => short === flag || long === flag);
}
