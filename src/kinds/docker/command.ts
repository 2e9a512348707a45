import { CircuitError } from '../../base/error.js';
import { KeyedJson } from '../keyed-json.js';
import { MAX_RETAIN } from '../retained-bytes.js';

/** The container to run, as a program of the library gives it. */
export type ContainerSpecification = Pick<ContainerCommand, 'Image'> & Partial<ContainerCommand>;

/** The container to run; the keys are the Go circuit's, and `Network`, `Tty` and `Retain`. */
export interface ContainerCommand {
  /** An image that the engine has: `debian`, `debian:12`, or its id. */
  readonly Image: string;
  /** The program; without it the image's. */
  readonly Path?: string;
  readonly Args: readonly string[];
  /** The image's entry point is replaced by this program, which gets `Path` and `Args`. */
  readonly Entry?: string;
  /** `NAME=value`, beside the image's. */
  readonly Env?: readonly string[];
  /** The working directory in the container; without it, the image's. */
  readonly Dir?: string;
  /** The most memory, in bytes. */
  readonly Memory?: number;
  /** The weight of its share of the processors; 1024 is the engine's default. */
  readonly CpuShares?: number;
  /** `HOST:CONTAINER[:OPTIONS]`, where HOST is a directory or a volume's name, or just `CONTAINER`. */
  readonly Volume?: readonly string[];
  /** The engine's network of it: `none`, `host`, `bridge` or another. */
  readonly Network?: string;
  /** It has a terminal: both outputs are one. */
  readonly Tty: boolean;
  /** Keep the last so many bytes of each output instead of holding the container back. */
  readonly Retain?: number;
  /** Options for LXC, which engines have no more. */
  readonly Lxc?: readonly string[];
  /** The element, and the container, go when it ends. */
  readonly Scrub: boolean;
}

/** As `help` names them, too. */
export const CONTAINER_KEYS = [
  'Image',
  'Memory',
  'CpuShares',
  'Lxc',
  'Volume',
  'Dir',
  'Entry',
  'Env',
  'Path',
  'Args',
  'Scrub',
  'Network',
  'Tty',
  'Retain',
] as const;

const NAMING = { name: 'container', example: '{"Image": "debian", "Path": "ls"}' };

/** The engine takes no less; below 6 MiB it cannot start a program. */
const MIN_MEMORY = 6 * 1024 * 1024;
/** Those of Linux' cpu.shares (kernel/sched/sched.h, MIN_SHARES and MAX_SHARES). */
const CPU_SHARES = { least: 2, most: 262_144 };

/**
 * Reads a command from JSON. What the engine would find wrong late, or in other words, is refused here.
 * As in Go, an empty text or 0 is as good as nothing.
 * @throws CircuitError EINVAL
 */
export function parseContainer(json: string): ContainerCommand {
  const given = new KeyedJson(json, CONTAINER_KEYS, NAMING);
  const Image = given.text('Image');
  if (!Image) throw invalid('a container needs an "Image": one that the engine has');
  const Path = given.text('Path');
  const Entry = given.text('Entry');
  const Env = given.environment('Env');
  const Dir = directory(given.text('Dir'));
  const Memory = given.wholeUnlessZero('Memory', MIN_MEMORY, Number.MAX_SAFE_INTEGER, ' of bytes');
  const CpuShares = given.wholeUnlessZero('CpuShares', CPU_SHARES.least, CPU_SHARES.most);
  const Volume = given.texts('Volume');
  Volume?.forEach(checkVolume);
  const Network = given.text('Network');
  const Lxc = given.texts('Lxc');
  const Retain = given.whole('Retain', 1, MAX_RETAIN, ' of bytes');
  return {
    Image,
    ...(Path && { Path }),
    Args: given.texts('Args') ?? [],
    ...(Entry && { Entry }),
    ...(Env && { Env }),
    ...(Dir && { Dir }),
    ...(Memory && { Memory }),
    ...(CpuShares && { CpuShares }),
    ...(Volume && { Volume }),
    ...(Network && { Network }),
    Tty: given.flag('Tty'),
    ...(Retain && { Retain }),
    ...(Lxc && { Lxc }),
    Scrub: given.flag('Scrub'),
  };
}

/** Whether it asks for options of LXC. */
export function asksForLxc({ Lxc }: ContainerCommand): boolean {
  return Lxc !== undefined && Lxc.length > 0;
}

function directory(path: string | undefined): string | undefined {
  if (path && !path.startsWith('/')) {
    throw invalid('"Dir" is a directory in the container, and begins with /');
  }
  return path;
}

function checkVolume(volume: string): void {
  const parts = volume.split(':');
  const [first = '', container = first] = parts;
  const modes = parts[2]?.split(',') ?? [];
  const isForm = parts.length <= 3 && !parts.includes('') && modes.every((mode) => MODE.test(mode));
  if (!isForm || !container.startsWith('/') || container === '/') {
    throw invalid(
      `"Volume" has entries such as "/srv/data:/data" or "/srv/data:/data:ro", not ${JSON.stringify(volume)}`,
    );
  }
  // The engine would take a relative path for a volume's name, or refuse it.
  if (parts.length > 1 && !first.startsWith('/') && !VOLUME_NAME.test(first)) {
    throw invalid(
      `the host's part of the "Volume" ${JSON.stringify(volume)} is a path that begins with /, or a volume's name, of two characters or more`,
    );
  }
}

/** As the engine has them for a bind mount (volume/mounts/linux_parser.go). */
const MODE = /^(ro|rw|z|Z|nocopy|consistent|cached|delegated|r?(shared|slave|private))$/;

/** As the engine has it (volume/service/opts and names.RestrictedNamePattern). */
const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

function invalid(sentence: string): CircuitError {
  return new CircuitError('EINVAL', sentence);
}
