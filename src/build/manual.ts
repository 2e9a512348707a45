import type { Argument, Command, Option } from 'commander';
import { VERSION } from '../base/version.js';
import { type Verb, verbs } from '../cli/verbs.js';
import { exampleOf } from '../kinds/help.js';
import { REGISTRY } from '../kinds/registry.js';
import type { Description, FileType } from '../kinds/table.js';
import {
  example,
  filled,
  list,
  macro,
  type Page,
  page,
  paragraphs,
  sentence,
  text,
} from './mdoc.js';

/**
 * The manual: circuit(1), a page for each command, and circuit(5) on the files, made from the tables
 * that also make the help.
 * @returns The pages by the names of their files.
 */
export function manual(circuit: Command, date: Date): ReadonlyMap<string, string> {
  const commands = circuit.createHelp().visibleCommands(circuit);
  const pages = [mainPage(circuit, commands), ...commands.map(commandPage), filesPage()];
  return new Map(pages.map((each) => [`${each.name}.${each.section}`, page(each, VERSION, date)]));
}

function mainPage(circuit: Command, commands: readonly Command[]): Page {
  const headings = new Set(commands.map((command) => command.helpGroup()));
  const groups = [...headings].flatMap((heading) => {
    const those = commands.filter((command) => command.helpGroup() === heading);
    const items = those.map(
      (command) => [`Xr ${nameOf(command)} 1`, [sentence(command.description())]] as const,
    );
    return [macro('Ss', heading === '' ? 'General' : heading.replace(/:$/, '')), ...list(items)];
  });
  return {
    name: 'circuit',
    section: 1,
    about: circuit.description(),
    lines: [
      '.Sh SYNOPSIS',
      '.Nm circuit',
      '.Ar command',
      '.Op Ar options',
      '.Op Ar arguments',
      '.Sh DESCRIPTION',
      ...paragraphs(DESCRIPTION),
      '.Sh COMMANDS',
      ...groups,
      '.Sh ENVIRONMENT',
      ...list(ENVIRONMENT.map(([name, said]) => [`Ev ${name}`, [sentence(said)]])),
      '.Sh FILES',
      ...list(FILES.map(([name, said]) => [`Pa ${text(name)}`, [sentence(said)]])),
      '.Sh EXIT STATUS',
      ...list(EXIT_STATUS.map(([status, said]) => [status, [sentence(said)]])),
      ...seeAlso('circuit(5)'),
    ],
  };
}

function commandPage(command: Command): Page {
  const verb = verbs().find(({ name }) => name === command.name());
  const [shown, after] = helpOf(command);
  const options = command.options.filter((option) => !option.hidden);
  return {
    name: nameOf(command),
    section: 1,
    about: command.description(),
    lines: [
      '.Sh SYNOPSIS',
      macro('Nm', `circuit ${command.name()}`),
      ...synopsis(command.usage()),
      '.Sh DESCRIPTION',
      sentence(command.description()),
      ...(verb ? filesOfName(verb) : []),
      ...(after === '' ? [] : ['.Pp', ...paragraphs(after)]),
      ...(shown.includes('Arguments:')
        ? section('ARGUMENTS', command.registeredArguments.map(argumentItem))
        : []),
      ...section('OPTIONS', options.map(optionItem)),
      ...seeAlso('circuit(1)', 'circuit(5)'),
    ],
  };
}

function nameOf(command: Command): string {
  return `circuit-${command.name()}`;
}

/** The help of a command, and what stands after it. */
function helpOf(command: Command): readonly [string, string] {
  let printed = '';
  const given = command.configureOutput();
  command.configureOutput({
    ...given,
    writeOut: (part) => {
      printed += part;
    },
  });
  command.outputHelp();
  command.configureOutput(given);
  const own = command.helpInformation();
  return [own, printed.slice(own.length).trim()];
}

/** `[options] <ANCHOR> [ARG...]` as mdoc has it. */
function synopsis(usage: string): readonly string[] {
  return usage.split(' ').map((word) => {
    const [, open, name = word, dots] = /^([<[])([^>\].]+)(\.\.\.)?[>\]]$/.exec(word) ?? [];
    const argument = `Ar ${text(name)}${dots ? ' ...' : ''}`;
    if (open === '[') return `.Op ${argument}`;
    return open === '<' ? `.${argument}` : '.Fl -';
  });
}

/** The help of each kind on the file that a verb reads or writes, where there are several. */
function filesOfName({ name, of }: Verb): readonly string[] {
  if (of.length < 2) return [];
  const items = of.map((directory) => {
    const help = REGISTRY.describe(directory)?.files[name]?.help ?? '';
    return [`Sy ${directory}`, [sentence(help)]] as const;
  });
  return ['.Pp', 'Of each kind:', ...list(items)];
}

type Item = readonly [string, readonly string[]];

function argumentItem(argument: Argument): Item {
  const { description, variadic, argChoices } = argument;
  const choices = argChoices ? [`One of ${argChoices.join(', ')}.`] : [];
  return [
    `Ar ${text(argument.name())}${variadic ? ' ...' : ''}`,
    [...(description === '' ? [] : [sentence(description)]), ...choices],
  ];
}

function optionItem({ short, long, flags, description }: Option): Item {
  const [, value] = /[<[](.+)[>\]]/.exec(flags) ?? [];
  const names = [short, long].flatMap((name) => (name ? [`Fl ${name.slice(1)}`] : []));
  return [
    `${names.join(' , ')}${value ? ` Ar ${text(value.replace('...', ' ...'))}` : ''}`,
    [sentence(description)],
  ];
}

function section(title: string, items: readonly Item[]): readonly string[] {
  return items.length === 0 ? [] : [`.Sh ${title}`, ...list(items)];
}

function seeAlso(...pages: readonly string[]): readonly string[] {
  const names = pages.map((each) => /^(.*)\((\d)\)$/.exec(each) ?? []);
  const last = names.length - 1;
  return [
    '.Sh SEE ALSO',
    ...names.map(([, name, number], i) => `.Xr ${name} ${number}${i < last ? ' ,' : ''}`),
  ];
}

function filesPage(): Page {
  const directories: readonly Description[] = [REGISTRY.member, REGISTRY.anchor, ...REGISTRY.kinds];
  return {
    name: 'circuit',
    section: 5,
    about: 'the files of a circuit',
    lines: [
      '.Sh DESCRIPTION',
      ...paragraphs(FILES_DESCRIPTION),
      ...list(Object.entries(TYPES).map(([type, said]) => [`Em ${type}`, [sentence(said)]])),
      ...directories.flatMap(directorySection),
      ...seeAlso('circuit(1)'),
    ],
  };
}

const TITLES: Readonly<Record<string, string>> = {
  member: 'A MEMBER',
  anchor: 'AN ANCHOR WITHOUT AN ELEMENT',
};

function directorySection({ name, about, files, note }: Description): readonly string[] {
  const items = Object.entries(files).map(
    ([file, entry]): Item => [
      `Pa ${text(file)} Pq ${entry.type}`,
      [sentence(entry.help), ...example([exampleOf(file, entry)])],
    ],
  );
  return [
    macro('Sh', TITLES[name] ?? `AN ELEMENT: ${name}`),
    filled(about),
    ...list([
      ...items,
      ['Pa error', ['Why the last command or write here failed.']],
      ['Pa help', ['A page on the files of this directory.']],
    ]),
    ...(note === undefined ? [] : ['.Pp', filled(note)]),
  ];
}

const DESCRIPTION = `
A daemon runs on every host, by circuit start. The daemons join into one network, and each mounts that network as a
file system. Every member of the network is a directory, and everything that one can do to it is a file; circuit(5)
tells of them. Each of these files is a command, too.

A command finds a daemon by -d ADDRESS, or with a cluster key -d HOST[:PORT], else in the file that $CIRCUIT names, else
by --discover GROUP:PORT or $CIRCUIT_DISCOVER, else by the address file of this host's daemon. A long option may have one dash.`;

const ENVIRONMENT = [
  ['CIRCUIT', 'the file with the address of the daemon to talk to'],
  ['CIRCUIT_DISCOVER', 'the multicast group of the discovery, as GROUP:PORT'],
  ['CIRCUIT_HMAC', 'the file with the cluster key'],
  ['XDG_RUNTIME_DIR', 'where the address file of a user other than root is'],
  ['DEBUG', 'circuit:* has a command tell on standard error what it does'],
] as const;

const FILES = [
  ['/circuit', 'where a daemon mounts the network, if it is told no other place'],
  ['/run/circuit/address', 'the address of the first daemon of root on this host, a secret'],
  ['$XDG_RUNTIME_DIR/circuit/address', 'the same of another user'],
] as const;

const EXIT_STATUS = [
  ['0', 'the command has done its work'],
  ['1', 'it failed; a line on standard error says why'],
  ['2', 'an unknown command or option, or a missing argument'],
] as const;

const FILES_DESCRIPTION = `
A circuit is mounted as one directory. It has a directory for each member, X and 16 digits. Three entries are hidden:
.self is a link to the member on this host, .hosts has a link for the name of each host, and .help is a page on all this. A directory that is made in a member
is an anchor, which can be made something by one of its files: that is an element then, and has other files.

There are these kinds of file:`;

const TYPES: Readonly<Record<FileType, string>> = {
  value: 'a text, taken once for each open',
  command:
    'takes one line, or one JSON text; the write returns when it has been carried out, or fails',
  source: 'gives bytes to one reader; a read blocks until there are any',
  sink: 'takes bytes; a write blocks while the other end is behind',
  log: 'a text that grows',
};
