import type { ContainerCommand } from './command.js';
import type { Labels } from './labels.js';

/** The container that the engine is asked to create. */
export function createRequest(command: ContainerCommand, labels: Labels): object {
  const { Image, Path, Args, Entry, Env, Dir, Memory, CpuShares, Volume, Network, Tty } = command;
  const program = Path === undefined ? Args : [Path, ...Args];
  const mounted = Volume?.filter((volume) => volume.includes(':')) ?? [];
  const anonymous = Volume?.filter((volume) => !volume.includes(':')) ?? [];
  return {
    Image,
    // An empty list would not mean the image's program to every engine.
    ...(program.length > 0 && { Cmd: program }),
    ...(Entry && { Entrypoint: [Entry] }),
    ...(Env && { Env }),
    ...(Dir && { WorkingDir: Dir }),
    ...(anonymous.length > 0 && { Volumes: Object.fromEntries(anonymous.map((at) => [at, {}])) }),
    Labels: labels,
    Tty,
    // Its input ends with the connection that wrote to it.
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      ...(mounted.length > 0 && { Binds: mounted }),
      ...(Memory && { Memory }),
      ...(CpuShares && { CpuShares }),
      ...(Network && { NetworkMode: Network }),
      // The output is ours to read: a copy in a log of the engine's would fill the disk.
      LogConfig: { Type: 'none' },
    },
  };
}
