import type { Host } from '../../../../src/kinds/table.js';

/** A host without other members, for elements alone. */
export function hostNamed(name: string, log: string[] = []): Host {
  const members = {
    follow: () => ({ [Symbol.dispose]: () => {} }),
    list: () => [],
    onChange: () => ({ [Symbol.dispose]: () => {} }),
  };
  return { name, reachableAt: '127.0.0.1', members, log: (event) => log.push(event) };
}
