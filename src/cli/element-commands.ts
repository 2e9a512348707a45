import type { Command } from 'commander';
import { anchorsGiven, someAnchorsGiven } from './anchors-given.js';

const EXEC_HELP = `
It exits as the process does, with 128 and the signal's number where a signal ended that, with
127 where there is no such program, and with 126 where it may not be executed.

It waits until the process has ended and nobody holds its output: COMMAND & in a shell keeps it
waiting, COMMAND >/dev/null 2>&1 & does not. It reads standard input to its end, as ssh does: in a
loop over lines (while read), and in the background of a terminal, give -n.

The process ends with exec. Where exec is killed, stays suspended or silent, or loses its connection,
the process group gets HUP, and later KILL, and the anchor is removed: within ten seconds. mkproc
makes one that goes on.`;

const ANCHORS_HELP = 'the processes; without any, one a line on standard input';

/** Adds the commands on channels, processes, subscriptions and whatever an anchor can be. */
export function addElementCommands(add: (name: string, description: string) => Command): void {
  add('mkdir', 'make an anchor, which stays until rmdir removes it')
    .argument('<ANCHOR>', 'the anchor, /X…/a/b; the one above it, /X…/a, must be there')
    .action(async (path, options) => (await import('./anchor.js')).mkdir(path, options));

  add('rmdir', 'remove an anchor that has no sub-anchors, with its element if that has ended')
    .argument('<ANCHOR>', 'the anchor, /X…/a')
    .action(async (path, options) => (await import('./anchor.js')).rmdir(path, options));

  add('scrub', 'abort an element and remove it, whatever its state')
    .argument('<ANCHOR>', 'where the element is, /X…/a')
    .action(async (path, options) => (await import('./element.js')).scrub(path, options));

  add('mkchan', 'make a channel')
    .argument('<ANCHOR>', 'where, /X…/a; the anchors on the way are made, too')
    .argument('<CAPACITY>', 'how many messages wait without a receiver; 0 is a rendezvous')
    .action(async (path, capacity, options) =>
      (await import('./channel.js')).mkchan(path, capacity, options),
    );

  add('send', 'send standard input as one message')
    .argument('<ANCHOR>', 'the channel, /X…/a')
    .action(async (path, options) => (await import('./channel.js')).send(path, options));

  add('recv', 'print one message, or event; it is received when it is printed')
    .argument('<ANCHOR>', 'the channel or the subscription, /X…/a')
    .action(async (path, options) => (await import('./channel.js')).recv(path, options));

  add('close', 'let a channel take no more messages; what it has can be received')
    .argument('<ANCHOR>', 'the channel, /X…/a')
    .action(async (path, options) => (await import('./channel.js')).close(path, options));

  add(
    'mk@join',
    'make a subscription to all members that are there, then to those that come; recv gives one',
  )
    .argument('<ANCHOR>', 'where, /X…/a; the anchors on the way are made, too')
    .action(async (path, options) =>
      (await import('./subscription.js')).subscribe('@join', path, options),
    );

  add('mk@leave', 'make a subscription to the members that go; recv waits for one')
    .argument('<ANCHOR>', 'where, /X…/a; the anchors on the way are made, too')
    .action(async (path, options) =>
      (await import('./subscription.js')).subscribe('@leave', path, options),
    );

  add('mkproc', 'make a process; its command is JSON on standard input')
    .argument('<ANCHOR>', 'where, /X…/a; the anchors on the way are made, too')
    .option('--scrub', 'remove it when it ends, as by "Scrub": true in the command')
    .action(async (path, options) => (await import('./process.js')).mkproc(path, options));

  add('signal', 'send a signal to the group of a process')
    .argument('<SIGNAL>', 'its name or number')
    .argument('<ANCHOR>', 'the process, /X…/a')
    .action(async (name, path, options) =>
      (await import('./process.js')).signal(name, path, options),
    );

  add('wait', 'wait for the end of a process, and print how it ended')
    .argument('<ANCHOR>', 'the process, /X…/a')
    .action(async (path, options) => (await import('./process.js')).wait(path, options));

  add('waitall', 'wait for the end of all, be it none, and print each as it ends')
    .argument('[ANCHOR...]', ANCHORS_HELP)
    .action(async (paths, options, command) =>
      (await import('./process.js')).waitall(await anchorsGiven(paths, command), options),
    );

  add('waitany', 'wait for the first that ends, and print it')
    .argument('[ANCHOR...]', ANCHORS_HELP)
    .action(async (paths, options, command) =>
      (await import('./process.js')).waitany(await someAnchorsGiven(paths, command), options),
    );

  add('select', 'wait until one of these files is ready, and print those that are')
    .argument(
      '<FILE...>',
      'as on a mount: /X…/c/recv, send; /X…/p/wait, stdin, stdout, stderr; /X…/log (that it grows)',
    )
    .action(async (paths, options) => (await import('./select.js')).select(paths, options));

  add('stdin', 'write standard input to that of a process')
    .argument('<ANCHOR>', 'the process, /X…/a')
    .action(async (path, options) => (await import('./process.js')).stdin(path, options));

  add('stdout', 'print the standard output of a process')
    .argument('<ANCHOR>', 'the process, /X…/a')
    .action(async (path, options) =>
      (await import('./process.js')).output('stdout', path, options),
    );

  add('stderr', 'print the standard error of a process')
    .argument('<ANCHOR>', 'the process, /X…/a')
    .action(async (path, options) =>
      (await import('./process.js')).output('stderr', path, options),
    );

  add('exec', 'run a process with our streams, signals and exit status, and remove it')
    .usage('[options] <ANCHOR> -- <COMMAND> [ARG...]')
    .argument('<ANCHOR>', 'where, /X…/a')
    .argument('<COMMAND...>', 'the program and its arguments, after --')
    .option('-n, --no-stdin', 'no standard input: the process reads the end of file at once')
    .addHelpText('after', EXEC_HELP)
    .showHelpAfterError('(the command and its arguments come after --)')
    .action(async (path, command, options) =>
      (await import('./process.js')).exec(path, command, options),
    );
}
