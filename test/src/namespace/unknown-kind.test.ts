import test, { type ExecutionContext } from 'ava';
import { memberEntry } from '../../../src/anchor/listed-member.js';
import { LocalMember } from '../../../src/anchor/local-member.js';
import { RemoteMember } from '../../../src/anchor/remote-member.js';
import { CircuitError } from '../../../src/base/error.js';
import { OperationsLog } from '../../../src/base/log.js';
import { ChannelElement } from '../../../src/kinds/chan/channel-element.js';
import { writeAll } from '../../../src/kinds/control-file.js';
import { REGISTRY, Registry } from '../../../src/kinds/registry.js';
import { command, kind, sink, source, value } from '../../../src/kinds/table.js';
import { circuitDirectory } from '../../../src/namespace/circuit.js';
import { mount, run } from '../../mount/mounted.js';
import { served } from '../anchor/served.js';
import { StubMembership } from '../bootstrap/stub-membership.js';

/** Letters are posted into it and taken out of it; its flag is up or down. */
class Letterbox {
  readonly alive = true;
  readonly letters = new ChannelElement(3);
  readonly street: string;
  flag = 'down';

  constructor(street: string) {
    this.street = street;
  }

  async scrub(): Promise<void> {
    await this.letters.scrub();
  }
}

const letterbox = kind<Letterbox>('letterbox', {
  about: 'This anchor is a letterbox.',
  make: {
    file: 'mkletterbox',
    help: 'make it a letterbox',
    example: 'echo "Main Street" > mkletterbox',
    parse: (text) => () => new Letterbox(text),
  },
  files: {
    street: value((box) => box.street, 'where it hangs'),
    flag: value((box) => box.flag, 'up or down'),
    raise: command(
      (box, text) => {
        if (text !== 'up' && text !== 'down') {
          throw new CircuitError('EINVAL', 'a flag is up or down, as in: echo up > raise');
        }
        box.flag = text;
      },
      'move its flag',
      { example: 'echo up > raise' },
    ),
    post: sink((box, { memory }) => box.letters.send(memory), 'post a letter'),
    take: source((box) => box.letters.receive(), 'take a letter out of it'),
  },
  note: 'It is emptied every day.',
});

/** A daemon that has the kind, as one that has not sees it. */
async function seen(t: ExecutionContext) {
  const lines: string[] = [];
  const log = new OperationsLog((line) => lines.push(line));
  const membership = new StubMembership();
  const registry = new Registry([...REGISTRY.kinds, letterbox]);
  const local = new LocalMember({ membership, log, shutdown: () => {}, registry });
  const self = local.name;
  const alone = {
    self,
    members: () => [memberEntry(membership.self)],
    watch: () => ({ [Symbol.dispose]: () => {} }),
  };
  const connection = await served(t, { ...alone, member: () => local }, log, { registry });
  const remote = new RemoteMember(self, async () => connection);
  return { lines, log, local, remote, circuit: { ...alone, member: () => remote } };
}

const text = (data: Uint8Array) => Buffer.from(data).toString();

test('an element of a kind that its caller has never heard of is made and used by its files', async (t) => {
  const { remote } = await seen(t);
  t.is(REGISTRY.describe('letterbox'), undefined);
  using box = await remote.make(['b'], 'mkletterbox', 'Main Street');
  t.is((await remote.stat(['b'])).kind, 'letterbox');
  t.like(await remote.describe('letterbox'), {
    name: 'letterbox',
    about: letterbox.about,
    note: letterbox.note,
    files: { street: { type: 'value', help: 'where it hangs' }, post: { type: 'sink' } },
  });
  t.is(await box.value('street'), 'Main Street\n');
  await box.command('raise', 'up');
  t.is(await box.value('flag'), 'up\n');
  await t.throwsAsync(box.command('raise', 'sideways'), {
    code: 'EINVAL',
    message: 'a flag is up or down, as in: echo up > raise',
  });
  t.is(await writeAll(box.sink('post'), Buffer.from('dear'), { last: true }), 4);
  using found = await remote.files(['b']);
  const letter = found.source('take');
  const data = await letter.read(100);
  t.is(text(data), 'dear');
  await letter.settled(data, true);
  letter.close();
  await t.throwsAsync(found.value('peek'), {
    code: 'ENOENT',
    message: /is a letterbox, which has no value/,
  });
  await found.command('scrub', '');
  t.is((await remote.stat(['b']).catch(() => undefined))?.kind, undefined);
});

test('it can be used on a mount that has never heard of it', async (t) => {
  const { lines, log, local, circuit } = await seen(t);
  using _box = await local.make(['b'], 'mkletterbox', 'Main Street');
  const { directory, errors } = await mount(t, circuitDirectory(circuit, log));
  const sh = (script: string) => run(t, `cd ${directory}/${local.name}/b && ${script}`);
  const names = (await sh('ls')).stdout.trim().split('\n');
  t.deepEqual(
    names,
    ['error', 'flag', 'help', 'kind', 'post', 'raise', 'scrub', 'street', 'take'].sort(),
  );
  const { stdout: modes } = await sh('stat -c "%n %a" street raise take post kind');
  t.is(modes, 'street 400\nraise 200\ntake 400\npost 200\nkind 400\n');
  const { stdout: help } = await sh('cat help');
  t.true(help.startsWith(`${letterbox.about}\n\n`));
  t.regex(help, /^ {2}cat street +where it hangs$/m);
  t.regex(help, /^ {2}echo up > raise +move its flag$/m);
  t.true(help.endsWith(`\n\n${letterbox.note}\n`));
  t.is((await sh('cat kind street flag')).stdout, 'letterbox\nMain Street\ndown\n');
  t.is((await sh('echo up > raise && cat flag')).stdout, 'up\n');
  const refused = await sh('/bin/echo sideways > raise; cat error');
  t.regex(refused.stderr, /Invalid argument/);
  t.is(refused.stdout, 'a flag is up or down, as in: echo up > raise\n');
  t.is((await sh('echo dear > post && cat take')).stdout, 'dear\n');
  // Other files are refused as anywhere.
  t.regex((await sh('echo x > peek')).stderr, /Operation not permitted/);
  t.is((await sh('mkdir post')).status, 1);
  t.is((await sh('echo > scrub && cd .. && ls b/kind')).status, 2);
  // This host does not know what in the command is a secret.
  t.true(lines.some((line) => /uid=0 .*\/b\/raise \(3 characters\): ok$/m.test(line)));
  t.deepEqual(errors, []);
});
