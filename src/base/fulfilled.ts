/**
 * Waits for all, and gives what those gave that succeeded.
 * @throws what the first of them failed with, if none succeeded
 */
export async function fulfilled<T>(all: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(all);
  const given = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  for (const each of results)
    if (given.length === 0 && each.status === 'rejected') throw each.reason;
  return given;
}
