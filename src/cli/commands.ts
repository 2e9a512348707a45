import type { Command } from 'commander';
import { REGISTRY, type Registry } from '../kinds/registry.js';
import { anchorsGiven } from './anchors-given.js';
import { isRequired, type Verb, verbs, waitableFiles } from './verbs.js';

const EXEC_HELP = `
It exits as the process does, with 128 and the signal's number where a signal ended that, with
127 where there is no such program, and with 126 where it may not be executed.

It waits until the process has ended and nobody holds its output: COMMAND & in a shell keeps it
waiting, COMMAND >/dev/null 2>&1 & does not. It reads standard input to its end, as ssh does: in a
loop over lines (while read), and in the background of a terminal, give -n.

The process ends with exec. Where exec is killed, stays suspended or silent, or loses its connection,
the process group gets HUP, and later KILL, and the anchor is removed: within ten seconds. mkproc
makes one that goes on.`;

const STATUS_HELP = `
It exits with 0 if all is well. Else it exits with 1, and its first line says why: no daemon answers,
the mount is missing or does not answer within a second, a member is suspected or failed within ten
minutes, no links to other members, or hardly any open file left. Only this daemon is asked.`;

/** @param of Whether the command is one of the daemon itself, and not of the member that a path names. */
type Add = (name: string, description: string, of?: 'daemon') => Command;

/** Adds the commands on anchors and on control files. */
export function addCommands(add: Add, registry: Registry = REGISTRY): void {
  const all = verbs(registry);
  const endings = all.find(({ name }) => name === 'wait')?.of.join(', ');
  const anchorsHelp = `the elements (${endings}); without any, one a line on standard input`;

  add('mkdir', 'make an anchor, which stays until rmdir removes it')
    .argument('<ANCHOR>', 'the anchor, /X…/a/b; the one above it, /X…/a, must be there')
    .action(async (path, options) => (await import('./tree.js')).mkdir(path, options));

  add('rmdir', 'remove an anchor that has no sub-anchors, with its element if that has ended')
    .argument('<ANCHOR>', 'the anchor, /X…/a')
    .action(async (path, options) => (await import('./tree.js')).rmdir(path, options));

  add('waitall', 'wait for the end of all, be it none, and print each as it ends')
    .argument('[ANCHOR...]', anchorsHelp)
    .action(async (paths, options, command) =>
      (await import('./wait.js')).waitall(await anchorsGiven(paths, command, 0), options),
    );

  add('waitany', 'wait for the first that ends, and print it')
    .argument('[ANCHOR...]', anchorsHelp)
    .action(async (paths, options, command) =>
      (await import('./wait.js')).waitany(await anchorsGiven(paths, command, 1), options),
    );

  add('select', 'wait until one of these files is ready, and print those that are')
    .argument('<FILE...>', `as on a mount, such as /X…/a/recv: ${waitableFiles()}, which grows`)
    .action(async (paths, options) => (await import('./select.js')).select(paths, options));

  add('exec', 'run a process with our streams, signals and exit status, and remove it')
    .usage('[options] <ANCHOR> -- <COMMAND> [ARG...]')
    .argument('<ANCHOR>', 'where, /X…/a')
    .argument('<COMMAND...>', 'the program and its arguments, after --')
    .option('-n, --no-stdin', 'no standard input: the process reads the end of file at once')
    .addHelpText('after', EXEC_HELP)
    .showHelpAfterError('(the command and its arguments come after --)')
    .action(async (path, command, options) =>
      (await import('./exec.js')).exec(path, command, options),
    );

  add(
    'status',
    'tell whether the daemon, its mount and its network are well, and why not',
    'daemon',
  )
    .option('-j, --json', 'the same as JSON')
    .addHelpText('after', STATUS_HELP)
    .action(async (options) => (await import('./status.js')).status(options));

  for (const verb of all) addVerb(add, verb);
}

/** Adds the command for a control file. */
function addVerb(add: Add, verb: Verb): void {
  const { name, type } = verb;
  const { argument, first, flag, stdin } = verb.arguments;
  const { heading, anchor } = placesOf(verb);
  const input = stdin || type === 'sink' ? '; reads standard input' : '';
  const command = add(name, `${verb.help}${input}`)
    .helpGroup(heading)
    .addHelpText('after', `\nThe same on a mount: ${verb.example}`);
  if (argument !== undefined && first) command.argument(argument);
  command.argument('<ANCHOR>', anchor);
  if (argument !== undefined && !first) {
    const isNeeded = isRequired(argument);
    const without = `${isNeeded ? 'without it, or ' : ''}where it is -, standard input is read`;
    command.argument(argument.replace(/^<(.*)>$/, '[$1]'), without);
  }
  if (flag) command.option(flag.name, flag.help);
  command.action(async (...args: readonly unknown[]) => {
    const { path, words } = operandsOf(verb, args.slice(0, -2));
    const { textGiven } = await import('./text-given.js');
    const given = await textGiven(verb, words, command);
    const { run } = await import('./run-verb.js');
    await run(verb, path, given, command.opts());
  });
}

/**
 * The anchor of a command, and its other arguments.
 * @param args As commander gives them: several as one list, and one that may be left out as undefined.
 */
export function operandsOf(
  verb: Verb,
  args: readonly unknown[],
): { readonly path: string; readonly words: readonly string[] } {
  const words = args.flat().flatMap((each) => (each === undefined ? [] : String(each)));
  const path = (verb.arguments.first ? words.pop() : words.shift()) ?? '';
  return { path, words };
}

/** The heading of a verb in the list of commands, and what its anchor is. */
function placesOf({ of }: Verb): { readonly heading: string; readonly anchor: string } {
  const [first, ...kinds] = of;
  if (first === 'anchor') {
    const anchor = 'where, /X…/a; the anchors on the way are made, too';
    return { heading: 'Make an element of an anchor:', anchor };
  }
  if (first !== 'member') {
    const list = of.join(', ');
    return { heading: `Of ${list}:`, anchor: `the element, /X…/a (${list})` };
  }
  if (kinds.length === 0) return { heading: 'Of a member:', anchor: 'the member, /X…' };
  const anchor = 'the member, /X…, or the element, /X…/a';
  return { heading: `Of a member, ${kinds.join(', ')}:`, anchor };
}
