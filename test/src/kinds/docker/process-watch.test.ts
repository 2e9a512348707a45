import test from 'ava';
import { ProcessWatch } from '../../../../src/kinds/docker/process-watch.js';

/** The kernel gives no process such an id. */
const UNSEEN_PID = 2 ** 30;

test('a container is known to go on where its process is to be seen, and where the engine tells of it twice', async (t) => {
  for (const [pid, probes] of [
    [process.pid, 1],
    [UNSEEN_PID, 2],
  ] as const) {
    const told: string[] = [];
    const watch = new ProcessWatch({
      pid: async () => pid,
      mayHaveEnded: () => told.push('may have ended'),
      runs: () => told.push('runs'),
    });
    for (let probe = 0; probe < probes; probe += 1) {
      t.deepEqual(told, []);
      await watch.probe();
    }
    t.deepEqual(told, ['runs']);
    await watch.probe();
    t.deepEqual(told, ['runs']);
  }
});
