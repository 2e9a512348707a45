import test from 'ava';
import { channelViews } from './channels.js';

/** What fails, what the program that does it says, and what `error` of the anchor says then. */
interface Case {
  readonly anchor: string;
  readonly script: string;
  readonly errno: RegExp;
  readonly sentence: RegExp;
}

const EINVAL = /Invalid argument/;
const ESRCH = /No such process/;
const ENOENT = /No such file or directory/;
const EACCES = /Permission denied/;
const EEXIST = /File exists/;
const EPERM = /Operation not permitted/;
const EPIPE = /Broken pipe/;

const CAPACITIES: readonly Case[] = ['-1', 'x', '1e9', '1000000000'].map((capacity) => ({
  anchor: 'free',
  script: `/bin/echo ${capacity} > free/mkchan`,
  errno: EINVAL,
  sentence: /^the capacity of a channel is a whole number/,
}));

const COMMANDS: readonly Case[] = (
  [
    ['{"Path":"ls"', EINVAL, /^the command is not JSON/],
    ['{"Path":"ls","Argv":[]}', EINVAL, /no key "Argv", only Path, Args, Env/],
    ['{"Path":"ls","Args":"-l"}', EINVAL, /^"Args" is a list of strings/],
    ['{"Path":"ls","Args":["a\\u0000b"]}', EINVAL, /^"Args" contains a NUL/],
    ['{"Path":"/no/such/program"}', ENOENT, /no program "\/no\/such\/program"/],
    ['{"Path":"no-such-program"}', ENOENT, /no program "no-such-program" in the daemon's PATH/],
    ['{"Path":"/etc/passwd"}', EACCES, /"\/etc\/passwd" may not be executed/],
    ['{"Path":"ls","Dir":"/no/such"}', ENOENT, /no directory "\/no\/such" to run in/],
  ] as const
).map(([json, errno, sentence]) => ({
  anchor: 'free',
  script: `printf %s '${json}' | cat > free/mkproc`,
  errno,
  sentence,
}));

const SECOND_ELEMENTS: readonly Case[] = ['mkproc', 'mkchan', 'mk@join'].map((maker) => ({
  anchor: 'two',
  script: `mkdir two; exec 3> two/mkchan 4> two/${maker}; echo 1 >&3
    echo '${maker === 'mkproc' ? '{"Path":"ls"}' : '1'}' | cat >&4`,
  errno: EEXIST,
  sentence: /^\/X[0-9a-f]{16}\/two has a channel already\n$/,
}));

const ANCHOR_FILES =
  /^\/X[0-9a-f]{16}\/free, an anchor without an element, has no file "send", only error, help, mk@join/;

/** What the shell's O_CREAT asks for where there is no such file. */
const NO_FILES: readonly Case[] = (
  [
    [
      'closed',
      'echo 1 > closed/mkchan',
      EEXIST,
      /^\/X[0-9a-f]{16}\/closed has a channel already\n$/,
    ],
    [
      'ended',
      'cat /dev/null > ended/mkproc',
      EEXIST,
      /^\/X[0-9a-f]{16}\/ended has a process already\n$/,
    ],
    ['runs', 'echo > runs/mk@join', EEXIST, /^\/X[0-9a-f]{16}\/runs has a process already\n$/],
    ['free', 'echo hi > free/send', EPERM, ANCHOR_FILES],
    [
      'closed',
      'echo > closed/stdin',
      EPERM,
      /^\/X[0-9a-f]{16}\/closed, a channel, has no file "stdin", only cap, .* send,/,
    ],
    [
      '.',
      'echo 1 > mkchan',
      EPERM,
      /^\/X[0-9a-f]{16} is a member, which cannot be an element; make an anchor on it\n$/,
    ],
    [
      '.',
      'echo 1 > jion',
      EPERM,
      /^\/X[0-9a-f]{16}, a member, has no file "jion", only addr, error, help, join/,
    ],
  ] as const
).map(([anchor, script, errno, sentence]) => ({ anchor, script, errno, sentence }));

const SIGNALS: readonly Case[] = [
  ...['NOSUCH', '0', '65', '-9', 'KILL TERM'].map((name) => ({
    anchor: 'runs',
    script: `/bin/echo ${name} > runs/signal`,
    errno: EINVAL,
    sentence: new RegExp(`^there is no signal "${name}": give a name such as TERM`),
  })),
  {
    anchor: 'ended',
    script: '/bin/echo KILL > ended/signal',
    errno: ESRCH,
    sentence: /^the process has ended and cannot be signalled\n$/,
  },
  {
    anchor: 'ended',
    script: '/bin/echo x > ended/stdin',
    errno: EPIPE,
    sentence: /^the process has ended or has closed its standard input\n$/,
  },
  {
    anchor: 'closed',
    script: '/bin/echo x > closed/send',
    errno: EPIPE,
    sentence: /^the channel is closed\n$/,
  },
];

/** Opened before the element is scrubbed, and written to after. */
const SCRUBBED: readonly Case[] = (
  [
    ['echo 0', 'mkchan', 'close', ENOENT, /^\/X[0-9a-f]{16}\/gone has no element\n$/],
    ['echo 0', 'mkchan', 'scrub', ENOENT, /^\/X[0-9a-f]{16}\/gone has no element\n$/],
    ['echo 0', 'mkchan', 'send', EPIPE, /^the channel was scrubbed\n$/],
    [
      `echo '{"Path":"cat"}'`,
      'mkproc',
      'signal',
      ENOENT,
      /^\/X[0-9a-f]{16}\/gone has no element\n$/,
    ],
    [
      `echo '{"Path":"cat"}'`,
      'mkproc',
      'scrub',
      ENOENT,
      /^\/X[0-9a-f]{16}\/gone has no element\n$/,
    ],
    [
      `echo '{"Path":"cat"}'`,
      'mkproc',
      'stdin',
      EPIPE,
      /^the process has ended or has closed its standard input\n$/,
    ],
  ] as const
).map(([command, maker, file, errno, sentence]) => ({
  anchor: 'gone',
  script: `mkdir gone; ${command} > gone/${maker}; exec 3> gone/${file}
    echo > gone/scrub; /bin/echo TERM >&3`,
  errno,
  sentence,
}));

for (const [what, cases] of [
  ['a capacity that is none', CAPACITIES],
  ['a command that cannot be carried out', COMMANDS],
  ['a second element', SECOND_ELEMENTS],
  ['a file that is not there', NO_FILES],
  ['a signal that does not exist, or is for nobody; what nobody will read', SIGNALS],
  ['an element that was scrubbed while its file was open', SCRUBBED],
] as const) {
  test(`${what}: an errno, and a sentence in \`error\``, async (t) => {
    const { local, remote } = await channelViews(t);
    const made = await local.sh(`mkdir free runs ended closed
      echo '{"Path":"cat"}' > runs/mkproc && echo '{"Path":"true"}' > ended/mkproc &&
      cat ended/wait && echo 0 > closed/mkchan && echo > closed/close`);
    t.is(made.status, 0, made.stderr);
    for (const view of [local, remote]) {
      for (const { anchor, script, errno, sentence } of cases) {
        const { stderr, status } = await view.sh(script);
        t.not(status, 0, `${view.name}: ${script}`);
        t.regex(stderr, errno, `${view.name}: ${script}`);
        const said = await view.sh(`cat ${anchor}/error`);
        t.regex(said.stdout, sentence, `${view.name}: ${script}`);
        await view.sh('for a in two gone; do [ ! -e $a/scrub ] || echo > $a/scrub; done');
        await view.sh('rmdir two gone');
      }
      // Nothing was made, or ended.
      const kinds = await view.sh('ls free/kind; cat runs/phase ended/exit closed/kind');
      t.deepEqual([kinds.stdout, kinds.stderr.length > 0], ['running\n0\nchan\n', true]);
    }
  });
}
