import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

/** For how long a report is shown again: archivers look at a file, and open it later. */
const GOOD_FOR_MS = 1_000;

/** The daemon's own mount. */
export interface MountReport {
  /** Where the network is mounted; null where it is not. */
  readonly mount: string | null;
  /** The host of the mount: `native` is our own addon. */
  readonly mountHost?: string;
  /** How much it holds for the kernel: as before when nobody uses the mount any more. */
  readonly mountHolds?: {
    readonly inodes: number;
    readonly openFiles: number;
    readonly requests: number;
  };
  /** Why it is not mounted though it should be, in a sentence. */
  readonly mountFailure?: string;
}

/** How the daemon looks for others. */
export interface SearchReport {
  /** For how long, in seconds: since its start, or since it is alone again. */
  readonly seconds: number;
  /** Why daemons that it looks for have not been met yet, each in a sentence. */
  readonly failures: readonly string[];
}

/** The daemon tells this of itself beside its runtime. */
export interface DaemonReport extends MountReport {
  readonly anchors?: number;
  /** The connections to daemons and clients, and what is referred to over them, from here and from there. */
  readonly rpc?: {
    readonly connections: number;
    readonly imports: number;
    readonly exports: number;
  };
  readonly search?: SearchReport;
}

export interface OpenFiles {
  readonly open: number;
  /** Null where there is none. */
  readonly limit: number | null;
}

let last = { text: '', made: Number.NEGATIVE_INFINITY };

/**
 * The runtime of this process: memory, heap, resource usage, and the resources that its event loop
 * waits for. It is made at each look at the file, so it must be cheap: the stacks of Node's own
 * diagnostic report take 5 ms, and show only that the report is being made.
 */
export function runtimeReport(daemon: () => DaemonReport): string {
  const now = performance.now();
  if (last.made + GOOD_FOR_MS < now)
    last = { text: JSON.stringify({ ...report(), ...daemon() }, undefined, 2), made: now };
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
    openFiles: openFiles(),
  };
}

/** How many descriptors are open, and how many may be; null where none is left to count them with. */
function openFiles(): OpenFiles | null {
  try {
    const [, limit] =
      /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    // One of them is the directory.
    const open = readdirSync('/proc/self/fd').length - 1;
    return { open, limit: limit === undefined ? null : Number(limit) };
  } catch {
    return null;
  }
}
