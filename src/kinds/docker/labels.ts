import type { ContainerCommand } from './command.js';
import { parseContainer } from './command.js';

/** The member whose container it is. A daemon asks the engine for its own by this label. */
export const MEMBER_LABEL = 'circuit.member';
/** The anchor, below the member: `db/main`. */
const ANCHOR_LABEL = 'circuit.anchor';
/** The command as JSON, but of `Env` only how many entries there are: they are not for `docker ps`. */
const COMMAND_LABEL = 'circuit.command';

export type Labels = Readonly<Record<string, string>>;

/** The labels of a container: a later run of the daemon makes an element of it by them. */
export function labelsOf(
  member: string,
  path: readonly string[],
  command: ContainerCommand,
): Labels {
  const { Env, ...rest } = command;
  return {
    [MEMBER_LABEL]: member,
    [ANCHOR_LABEL]: path.join('/'),
    [COMMAND_LABEL]: JSON.stringify({ ...rest, EnvCount: Env?.length ?? 0 }),
  };
}

/** The anchor of a container, as {@link labelsOf} notes it. */
export function anchorOf(labels: Labels): readonly string[] {
  return (labels[ANCHOR_LABEL] ?? '').split('/').filter((name) => name !== '');
}

/**
 * The command of a container.
 * @param environment All of it: the engine puts the image's behind ours.
 * @throws CircuitError EINVAL
 */
export function commandOf(labels: Labels, environment: readonly string[]): ContainerCommand {
  const { EnvCount, ...rest } = JSON.parse(labels[COMMAND_LABEL] ?? '{}');
  const Env = environment.slice(0, Number(EnvCount));
  return parseContainer(JSON.stringify({ ...rest, ...(Env.length > 0 && { Env }) }));
}
