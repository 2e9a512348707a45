import type { Cluster } from '../host/cluster.js';
import { Figures, programArgv } from './figures.js';
import type { Yardstick } from './trial.js';

/** Cap'n Web with nothing of ours between: a yardstick of calls, and one of bytes. */
export type BareRpc = Record<'calls' | 'bytes', Yardstick>;

export function bareRpc(cluster: Cluster): BareRpc {
  let started: Promise<Figures> | undefined;
  const ask = async (figure: string) => {
    started ??= startBareRpc(cluster);
    return await (await started).ask(figure);
  };
  return {
    calls: {
      row: {
        name: 'yardstick: bare Cap’n Web over ws over TLS, one call after the other',
        unit: '/s',
      },
      measure: () => ask('calls'),
    },
    bytes: {
      row: { name: 'yardstick: the same, 128 KiB in each answer', unit: 'MB/s' },
      measure: async () => (await ask('bytes')) / 1_000_000,
    },
  };
}

async function startBareRpc(cluster: Cluster): Promise<Figures> {
  const port = await Figures.start(cluster, programArgv('rpc-yardstick.js', 'serve')).ask('port');
  return Figures.start(cluster, programArgv('rpc-yardstick.js', 'call', String(port)));
}
