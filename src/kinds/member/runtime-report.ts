import { performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

/** For how long a report is shown again: archivers look at a file, and open it later. */
const GOOD_FOR_MS = 1_000;

let last = { text: '', made: Number.NEGATIVE_INFINITY };

/**
 * The runtime of this process: memory, heap, resource usage, and the resources that its event loop
 * waits for. It is made at each look at the file, so it must be cheap: the stacks of Node's own
 * diagnostic report take 5 ms, and show only that the report is being made.
 */
export function runtimeReport(): string {
  const now = performance.now();
  if (last.made + GOOD_FOR_MS < now)
    last = { text: JSON.stringify(report(), undefined, 2), made: now };
  return last.text;
}

function report(): object {
  const activeResources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    activeResources[kind] = (activeResources[kind] ?? 0) + 1;
  }
  return {
    node: process.version,
    uptimeSeconds: process.uptime(),
    memory: process.memoryUsage(),
    heap: getHeapStatistics(),
    heapSpaces: getHeapSpaceStatistics(),
    resourceUsage: process.resourceUsage(),
    eventLoop: performance.eventLoopUtilization(),
    activeResources,
  };
}
