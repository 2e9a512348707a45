import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { errorCode, errorMessage } from '../base/error.js';
import { escapeControls } from '../base/escape-controls.js';
import { redact } from '../base/redact.js';
import { VERSION } from '../base/version.js';
import { commandNamed, withTwoDashes } from './long-options.js';
import { surviveLostTerminal } from './lost-terminal.js';

/** Exit statuses: 0 done, 1 it failed, 2 wrong usage. */
const FAILED = 1;
const WRONG_USAGE = 2;
/** A command ended although it waited for something: Node's own status of such a module. */
const UNSETTLED = 13;

/** A day: a system call that waits for longer is not worth more. */
const MAX_FUSE_TIMEOUT_S = 86_400;

const DISCOVER_START =
  'find others by multicast, as 228.8.8.8:8822 (or $CIRCUIT_DISCOVER); they join by themselves';

const LISTEN =
  'listen here, on port 11022 if none is given; :PORT for all interfaces; without it on a free port of all';

const DAEMON_HELP = `
A command finds the daemon by -d, else in the file named by $CIRCUIT, else by --discover
or $CIRCUIT_DISCOVER, else by the address file of this host's daemon.`;

const MEMBER_HELP = `${DAEMON_HELP}
It runs at the member whose name the path begins with.`;

const MOUNT_HELP = `
Prints where it is mounted, and stays in the foreground until SIGINT, SIGTERM, SIGHUP
or umount(8) ends it. While the daemon cannot be reached, the members stay listed and their files
fail with EHOSTUNREACH; the mount works again when the daemon is reached again.
${DAEMON_HELP}`;

/**
 * The actions are loaded when one is run, and the commands that the tables of the kinds make when
 * one of them is wanted: a command starts in the time that its own code takes.
 * @param wanted The name of a command, if it is the first word.
 */
export async function program(wanted = ''): Promise<Command> {
  const circuit = new Command('circuit')
    .description('a cluster of Unix hosts as one directory')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${redact(text.replace(/^error/, 'circuit'))}\n`),
    })
    .showSuggestionAfterError();

  const start = circuit
    .command('start')
    .description('run a daemon; prints its address on standard output, and logs on standard error')
    .option('-a, --addr <HOST[:PORT]>', LISTEN)
    .option('--if <INTERFACE>', 'listen on the first address of this network interface')
    .option('--advertise <HOST[:PORT]>', 'where others reach this daemon, if not there')
    .option('-j, --join <ADDRESS...>', 'join these daemons; with --hmac those at HOST[:PORT], too')
    .option('-m, --mount <DIR>', 'mount the network there; without it on /circuit, if that can be')
    .option('--no-mount', 'do not mount')
    .option('--allow-other', 'let other users in, as far as the modes of the files allow')
    .addOption(FUSE)
    .addOption(FUSE_TIMEOUT)
    .option('--discover <GROUP:PORT>', DISCOVER_START)
    .option('--var <DIR>', 'keep its name and whom it knows there, to join again when it restarts')
    .option('--hmac <FILE>', 'the cluster key (or $CIRCUIT_HMAC); circuit keygen makes one')
    .action(async (options) => (await import('./start.js')).start(options));

  circuit
    .command('keygen')
    .description('print a new cluster key')
    .action(async () => (await import('./keygen.js')).keygen());

  client(circuit, 'ls', 'list members and anchors; /... lists everything below')
    .argument('[ANCHOR]', 'where', '/')
    .option(
      '-l, --long',
      'with the state, host and version of each member, the kind of each anchor',
    )
    .option('-j, --json', 'the same as JSON, one object a line')
    .option('--de, --depth', 'with /...: what is below an anchor before the anchor')
    .action(async (path, options) => (await import('./ls.js')).ls(path, options));

  client(
    circuit,
    'mount',
    'mount the network as a daemon sees it, without being a member',
    MOUNT_HELP,
  )
    .argument('<DIR>', 'where; an empty directory')
    .option('--allow-other', 'let other users in, as far as the modes of the files allow')
    .addOption(FUSE)
    .addOption(FUSE_TIMEOUT)
    .action(async (directory, options) => (await import('./mount.js')).mount(directory, options));

  const isThere = commandNamed(circuit, wanted) !== undefined;
  if (isThere && wanted !== start.name()) return circuit;
  // The daemon has the kinds anyway.
  const { startOptions } = await import('./start-options.js');
  for (const option of startOptions().values()) start.addOption(option);
  if (isThere) return circuit;
  const [{ addCommands }, { addCompletion }] = await Promise.all([
    import('./commands.js'),
    import('./completion.js'),
  ]);
  addCommands((name, description, of) =>
    client(circuit, name, description, of === 'daemon' ? DAEMON_HELP : MEMBER_HELP),
  );
  addCompletion(circuit);
  // commander's own says nothing of a command that there is not.
  circuit
    .helpCommand(false)
    .command('help')
    .alias('h')
    .description('display help for a command')
    .argument('[COMMAND]')
    .action((name?: string) => {
      const about = name === undefined ? circuit : find(circuit, name);
      about.outputHelp();
    });
  return circuit;
}

function find(circuit: Command, name: string): Command {
  return commandNamed(circuit, name) ?? circuit.error(`error: unknown command '${name}'`);
}

/** The options of those that mount; their modules are loaded when one does. */
const FUSE = new Option(
  '--fuse <HOST>',
  'mount by our own addon (native), by libfuse (fuse-native), or by the first that can be loaded (auto)',
).choices(['auto', 'native', 'fuse-native']);
const FUSE_TIMEOUT = new Option(
  '--fuse-timeout <SECONDS>',
  'with fuse-native: a system call that waits for longer fails with EINTR (10)',
).argParser(seconds);

/** @throws InvalidArgumentError */
function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MAX_FUSE_TIMEOUT_S) return value;
  throw new InvalidArgumentError(`It must be 1 to ${MAX_FUSE_TIMEOUT_S} seconds.`);
}

/** The options of every command that talks to a daemon, made once: commander parses each. */
const DIAL = new Option(
  '-d, --dial <ADDRESS>',
  'the circuit address of the daemon to talk to, or with --hmac its HOST[:PORT]',
);
const DISCOVER = new Option(
  '--discover <GROUP:PORT>',
  'find one by multicast (or $CIRCUIT_DISCOVER)',
);
const HMAC = new Option('--hmac <FILE>', 'the cluster key, if there is one (or $CIRCUIT_HMAC)');

/** A command that talks to a daemon. */
function client(circuit: Command, name: string, description: string, help = MEMBER_HELP): Command {
  return circuit
    .command(name)
    .description(description)
    .addOption(DIAL)
    .addOption(DISCOVER)
    .addOption(HMAC)
    .addHelpText('after', help);
}

export async function main(): Promise<void> {
  const args = process.argv.slice(2);
  // Addresses among the arguments are secrets; ps need not show them to everybody.
  process.title = ['circuit', ...args.slice(0, 1)].join(' ');
  surviveLostTerminal();
  process.stdout.on('error', (error) => {
    // The reader has had enough, as in `circuit ls | head -1`.
    if (errorCode(error) === 'EPIPE') process.exit(0);
    process.stderr.write(`circuit: cannot write to standard output: ${error.message}\n`);
    process.exit(FAILED);
  });
  // There is nowhere left to say so; a write that matters fails by itself.
  process.stderr.on('error', () => {});
  const unsettled = () => {
    process.exitCode = UNSETTLED;
  };
  process.once('beforeExit', unsettled);
  try {
    const circuit = await program(args[0]);
    await circuit.parseAsync(withTwoDashes(circuit, args), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed what was wrong; help and version are no failures.
      process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
      return;
    }
    process.stderr.write(`circuit: ${escapeControls(errorMessage(error))}\n`);
    process.exitCode ??= FAILED;
  } finally {
    process.off('beforeExit', unsettled);
  }
  // All that the command asked for is answered: it need not wait for its connections to close, only
  // for the errors of its last writes.
  setImmediate(() => {
    if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
  });
}
