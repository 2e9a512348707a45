import { Option } from 'commander';
import { REGISTRY, type Registry } from '../kinds/registry.js';
import type { StartOptionValues } from '../kinds/table.js';

/** The options of `circuit start` that kinds of element have, by the kind's name. */
export function startOptions(registry: Registry = REGISTRY): ReadonlyMap<string, Option> {
  return new Map(
    registry.kinds.flatMap(({ name, start }): [string, Option][] =>
      start ? [[name, new Option(start.flags, start.help)]] : [],
    ),
  );
}

/**
 * Those of them that are given.
 * @param options As commander has read them.
 * @throws CircuitError EINVAL: a value that the option does not take
 */
export function startOptionsGiven(
  options: object,
  registry: Registry = REGISTRY,
): StartOptionValues {
  const given = new Map<string, unknown>(Object.entries(options));
  return new Map(
    [...startOptions(registry)].flatMap(([kind, option]): [string, string | true][] => {
      const value = given.get(option.attributeName());
      if (typeof value === 'string') registry.kind(kind)?.start?.check?.(value);
      return typeof value === 'string' || value === true ? [[kind, value]] : [];
    }),
  );
}
