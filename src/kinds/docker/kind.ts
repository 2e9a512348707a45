import { CircuitError } from '../../base/error.js';
import { LateText } from '../late-text.js';
import { redactEnvironment } from '../redact-environment.js';
import { command, json, kind, sink, source, value } from '../table.js';
import { parseContainer } from './command.js';
import type { ContainerElement } from './container-element.js';
import type { Containers } from './containers.js';
import { socketPath } from './socket-option.js';

/**
 * A container of the Docker engine of the member's host, which `circuit start --docker` names.
 *
 * - `stdin`, `stdout` and `stderr` are those of a process. Unread output holds the container back, unless it
 *   has `Retain`.
 * - The container carries labels of the member and the anchor. One that a killed daemon left is found by
 *   the next one with the same state directory, and is its element again.
 * - `scrub` kills and removes it; so does the end of the daemon in order, after TERM and 5 s.
 */
export const docker = kind<ContainerElement, Containers>('docker', {
  about: "This anchor is a container of the host's Docker engine.",
  noun: 'container',
  start: {
    flags: '--docker [SOCKET]',
    help: 'make containers (mkdkr), on the Docker engine at SOCKET (/var/run/docker.sock)',
    check: socketPath,
  },
  begin: async (host, option, adopt) => {
    // It needs the engine's client, which daemons without the option do without.
    const { Containers } = await import('./containers.js');
    return new Containers(host, option, adopt);
  },
  make: {
    file: 'mkdkr',
    help: 'make it a container of the Docker engine; Entry, Env, Dir, Memory, CpuShares, Volume, Network, Tty, Scrub, Retain and Lxc (no effect) can be given, too',
    example: `echo '{"Image":"debian","Path":"ls","Args":["-l"]}' > mkdkr`,
    json: true,
    stdin: true,
    redact: redactEnvironment,
    waits: true,
    flag: {
      name: '--scrub',
      key: 'Scrub',
      help: 'remove it when it ends, as by "Scrub": true in the command',
    },
    parse: (text) => {
      const parsed = parseContainer(text);
      return ({ begun, path, host }, signal) => {
        if (begun) return begun.make(path, parsed, signal);
        const sentence = `${host.name} makes no containers: start its daemon with circuit start --docker`;
        throw new CircuitError('EOPNOTSUPP', sentence);
      };
    },
  },
  files: {
    cmd: json((container) => container.command, 'the command, as JSON'),
    stdin: sink(
      (container, options) => container.stdin.open(options),
      'write to it; its input ends when the last writer closes, unless it appends (>>)',
    ),
    stdout: source(
      (container) => container.stdout.open(),
      'its standard output; each byte goes to one reader, with Retain to every one',
    ),
    stderr: source(
      (container) => container.stderr.open(),
      'its standard error; each byte goes to one reader, with Retain to every one',
    ),
    wait: source(
      (container) =>
        new LateText(
          () => !container.alive,
          async () => `${await container.ending()}\n`,
        ),
      'wait for its end, and show how it ended',
    ),
    signal: command(
      (container, name) => container.signal(name.trim()),
      'send a signal to its first process, by name or number',
      { example: 'echo TERM > signal', argument: '<SIGNAL>', first: true },
    ),
    pid: value(
      async (container) => String(await container.pid()),
      'the id of its first process on the host; 0 when it has ended',
    ),
    phase: value((container) => container.phase, 'running, paused, exited, oom or removed'),
    exit: value((container) => container.exit, 'empty while it runs, then its exit status'),
    stats: value((container) => container.stats(), "the engine's statistics, as JSON"),
    peek: value((container) => container.peek(), "its state, as JSON: the engine's inspection"),
  },
});
