import { within } from '../host/cluster.js';
import type { Case } from './case.js';
import type { Host } from './host.js';
import type { Place, Scene } from './scene.js';

/** So long a case may take in one place, in milliseconds. */
const CASE_LIMIT_MS = 60_000;

/** A verdict tells what came of a case on a host. */
export type Verdict =
  | { readonly result: 'yes' }
  /** The case failed as it declares. */
  | { readonly result: 'no'; readonly reason: string }
  | { readonly result: 'FAILED'; readonly why: string };

/** Runs a case on a host, and compares what comes of it with what it declares. */
export async function judge(scene: Scene, each: Case): Promise<Verdict> {
  const failure = await failureOf(scene, each);
  const inability = each.cannot?.[scene.host];
  if (failure === undefined) {
    if (!inability || inability.sometimes) return { result: 'yes' };
    return failed(`it works: take away that ${scene.host} cannot, since ${inability.reason}`);
  }
  if (!inability) return failed(failure);
  if (inability.fails.test(failure)) return { result: 'no', reason: inability.reason };
  return failed(`not as declared (${inability.fails}): ${failure}`);
}

function failed(why: string): Verdict {
  return { result: 'FAILED', why };
}

async function failureOf(scene: Scene, { run, once }: Case): Promise<string | undefined> {
  for (const where of once ? (['own'] as const) : (['own', 'other'] as const)) {
    try {
      const running = async (place: Place) => run(place);
      await within(CASE_LIMIT_MS, scene.place(where).then(running), () => 'the case goes on');
    } catch (error) {
      const what = where === 'own' ? '' : 'on another member: ';
      return `${what}${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}

/** A title for a test: `native: poll: a reader waits`. */
export function titleOf(host: Host, theme: string, { name }: Case): string {
  return `${host}: ${theme}: ${name}`;
}
