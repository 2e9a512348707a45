import type { ExecutionContext } from 'ava';
import { patternOf, type Step } from './documents.js';
import type { Host } from './host.js';

/** Types what a document says, each step on its host, which must print what stands there. */
export async function follow(t: ExecutionContext, hosts: readonly Host[], steps: readonly Step[]) {
  for (const { host, command, printed } of steps) {
    const typedOn = host === undefined ? hosts : hosts.slice(host - 1, host);
    for (const one of typedOn) t.regex(await one.run(command), patternOf(printed), command);
  }
}
