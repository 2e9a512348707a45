/** How many a second: `count` is what `run` does. */
export async function rate(count: number, run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return count / ((performance.now() - started) / 1000);
}

/** How many a second, one after the other, for so long, in milliseconds. */
export async function rateFor(duration: number, run: () => PromiseLike<unknown>): Promise<number> {
  const started = performance.now();
  for (let count = 1; ; count += 1) {
    await run();
    const elapsed = performance.now() - started;
    if (elapsed > duration) return count / (elapsed / 1000);
  }
}
