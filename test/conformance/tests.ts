import test from 'ava';
import { Semaphore } from '../../src/base/semaphore.js';
import { AT_ONCE } from './at-once.js';
import { THEMES } from './conformance.js';
import type { Host } from './host.js';
import { judge, titleOf } from './judge.js';
import { Scene } from './scene.js';

/** A test for each case, on one host. */
export function conformance(host: Host): void {
  const bound = new Semaphore(AT_ONCE[host]);
  const teardowns: (() => void | Promise<void>)[] = [];
  let scene: Scene | undefined;
  // The daemons are all cases'; ava has no teardown for a file but this.
  test.before(() => {
    scene = new Scene({ teardown: (finish) => void teardowns.push(finish) }, host);
  });
  test.after.always(async () => {
    for (const finish of teardowns) await finish();
  });
  for (const theme of THEMES) {
    for (const each of theme.cases) {
      test(titleOf(host, theme.name, each), async (t) => {
        using _ = await bound.acquire();
        if (!scene) throw new Error('the daemons were not started');
        const verdict = await judge(scene, each);
        if (verdict.result === 'FAILED') t.fail(verdict.why);
        else t.pass();
      });
    }
  }
}
