import test from 'ava';
import { program } from '../../../src/cli/main.js';
import { helpPage } from '../../../src/kinds/help.js';
import { REGISTRY, Registry } from '../../../src/kinds/registry.js';
import { type Arguments, command, type Element, kind } from '../../../src/kinds/table.js';

const DIRECTORIES = ['member', 'anchor', ...REGISTRY.kinds.map(({ name }) => name)];

function filesOf(directory: string) {
  return Object.entries(REGISTRY.describe(directory)?.files ?? {});
}

test('files of one name are of one type and take the same arguments, whatever the kind: a command line knows only the name', (t) => {
  const known = new Map<string, object>();
  for (const directory of DIRECTORIES) {
    for (const [name, file] of filesOf(directory)) {
      const called = { type: file.type, ...(file.type === 'command' && shape(file.options)) };
      t.deepEqual(called, known.get(name) ?? called, `${directory}/${name}`);
      known.set(name, called);
    }
  }
  t.true(known.size > 20);
});

/** The arguments, but for the word for each: `<TEXT...>` is as `<RECORD...>`. */
function shape({ argument, first, stdin, flag }: Arguments): object {
  return { argument: argument?.replace(/[^[\]<>.]+/, ''), first, stdin, flag };
}

test('options of circuit start are of one kind each, and none of the daemon’s own', async (t) => {
  const start = (await program()).commands.find((command) => command.name() === 'start');
  const longs = start?.options.map(({ long }) => long) ?? [];
  t.is(new Set(longs).size, longs.length);
  for (const { name, start: option } of REGISTRY.kinds) {
    if (option) t.true(longs.includes(option.flags.split(' ')[0]), name);
  }
});

test('every element has the files kind, peek and scrub, beside help and error', (t) => {
  for (const { name } of REGISTRY.kinds) {
    const names = REGISTRY.fileNames(name);
    for (const file of ['kind', 'peek', 'scrub', 'help', 'error']) t.true(names.includes(file));
    t.deepEqual(names, names.toSorted());
    t.is(new Set(names).size, names.length);
  }
});

test('another member waits for a scrub as long as its user does: what is ended may be slow', (t) => {
  for (const { files } of REGISTRY.kinds) {
    const { scrub } = files;
    t.true(scrub?.type === 'command' && scrub.options.waits);
  }
});

test('a channel, a process, a subscription, a member and a free anchor have these files', (t) => {
  const names = (directory: string) => REGISTRY.fileNames(directory).join(' ');
  t.is(names('chan'), 'cap close error help kind peek recv scrub send tryrecv trysend');
  t.is(
    names('proc'),
    'cmd error exit help kind peek phase pid scrub signal stderr stdin stdout wait',
  );
  for (const subscription of ['@join', '@leave']) {
    t.is(names(subscription), 'error help kind peek recv scrub');
  }
  t.is(names('member'), 'addr error help join leave log peek peers reload shutdown stk');
  for (const { make } of REGISTRY.kinds) t.true(REGISTRY.fileNames('anchor').includes(make.file));
  t.is(REGISTRY.fileNames('anchor').length, REGISTRY.kinds.length + 2);
});

test('a kind is found by its name, and by the file that makes it', (t) => {
  for (const { name, make } of REGISTRY.kinds) {
    t.is(REGISTRY.kind(name)?.name, name);
    t.is(REGISTRY.madeBy(make.file)?.name, name);
  }
  t.is(REGISTRY.kind('member'), undefined);
  t.is(REGISTRY.madeBy('mknothing'), undefined);
  t.is(REGISTRY.describe('nothing'), undefined);
});

test('the log shows no secret of a command, and nothing of one that is not known', (t) => {
  const secret = 'Q0123456789abcdef';
  const address = `circuit://10.0.0.1:11022/8/${secret}`;
  for (const directory of DIRECTORIES) {
    for (const [file, entry] of filesOf(directory)) {
      if (entry.type !== 'command') continue;
      for (const text of [address, `{"Path":"a","Env":["A=hunter2"],"Args":["${address}"]}`]) {
        const shown = REGISTRY.shown(file, text);
        t.false(shown.includes(secret), `${file}: ${shown}`);
        const hasEnvironment = REGISTRY.madeBy(file) !== undefined && entry.json === true;
        t.false(hasEnvironment && shown.includes('hunter2'), shown);
      }
    }
  }
  t.is(REGISTRY.shown('signal', 'TERM'), 'TERM');
  t.is(REGISTRY.shown('join', address), 'circuit://10.0.0.1:11022/8/Q…');
  for (const unknown of ['mknothing', 'constructor', '__proto__', 'send', 'peek']) {
    t.is(REGISTRY.shown(unknown, 'hunter2'), '(7 characters)', unknown);
  }
});

test('where kinds have a command of one name, each of them redacts it for the log', (t) => {
  const redacting = (name: string, secret: string) =>
    kind<Element>(name, {
      about: name,
      make: {
        file: `mk${name}`,
        help: name,
        parse: () => () => ({ alive: true, async scrub() {} }),
      },
      files: {
        set: command(() => {}, name, { redact: (text) => text.replace(secret, '…') }),
      },
    });
  const registry = new Registry([redacting('one', 'first'), redacting('two', 'second')]);
  t.is(registry.shown('set', 'a first second'), 'a … …');
});

test('help has a line on each file of its directory, with one to copy, in 100 columns', (t) => {
  for (const directory of DIRECTORIES) {
    const description = REGISTRY.describe(directory);
    if (!description) return t.fail(directory);
    const page = helpPage(description);
    t.true(page.endsWith('.\n') || page.endsWith('this page\n'));
    for (const line of page.split('\n')) t.true(line.length <= 100, line);
    for (const file of REGISTRY.fileNames(directory)) {
      const line = page.split('\n').find((each) => toCopy(each).includes(file));
      t.truthy(line, `${directory}/help tells nothing of ${file}`);
    }
    const words = (text: string) => text.replaceAll(/\s+/g, ' ');
    for (const [, { help }] of filesOf(directory)) t.true(words(page).includes(words(help)), help);
    t.true(words(page).startsWith(words(description.about)));
    t.true(words(page).includes(words(description.note ?? '')));
  }
});

/** The words of the line to copy; none where it goes on with what was told before. */
function toCopy(line: string): readonly string[] {
  const copied = /^ {2}(\S.*?)(?: {2}|$)/.exec(line)?.[1] ?? '';
  return copied.split(' ');
}
