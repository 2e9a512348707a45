/**
 * Node's diagnostic report of this process, less what may hold secrets (the
 * environment and the command line) and what a reader can get elsewhere.
 */
export function runtimeReport(): string {
  // Without it, each socket's peer is looked up in the DNS, and the daemon waits.
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  const { javascriptStack, nativeStack, javascriptHeap, resourceUsage, libuv, userLimits } =
    report as Record<string, unknown>;
  return JSON.stringify(
    { javascriptStack, nativeStack, javascriptHeap, resourceUsage, libuv, userLimits },
    undefined,
    2,
  );
}
