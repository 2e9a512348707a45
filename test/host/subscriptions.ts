import type { ExecutionContext } from 'ava';
import { channelViews, type View } from './channels.js';
import { eventually, type TestDaemon } from './cluster.js';

/** The first member, which has the subscriptions, seen from two daemons, and a third that comes and goes. */
export async function subscriptionViews(t: ExecutionContext) {
  const views = await channelViews(t);
  const { cluster, owner } = views;
  const guest = await cluster.start('--no-mount');
  const guestName = await nameOf(guest);
  const circuit = (...args: readonly string[]) =>
    cluster.circuit([args[0] ?? '', '-d', guest.address, ...args.slice(1)]);
  return {
    ...views,
    guest: `/${guestName}`,
    /** Returns when the owner knows that the guest has come. */
    come: () => circuit('join', `/${guestName}`, owner.address),
    /** Returns when the guest has told that it goes. */
    go: () => circuit('leave', `/${guestName}`),
  };

  async function nameOf(daemon: TestDaemon): Promise<string> {
    const { stdout } = await cluster.circuit(['ls', '-d', daemon.address]);
    return stdout.trim().slice(1);
  }
}

/** Those that came, or went, according to a daemon's log, as the events of a subscription. */
export function logged(daemon: TestDaemon, what: 'joined' | 'left' | 'failed'): string {
  const lines = [...daemon.log().matchAll(/ - (X[0-9a-f]{16}) (joined|left|failed)$/gm)];
  return lines.flatMap(([, name, how]) => (how === what ? [`/${name}\n`] : [])).join('');
}

/** Resolves when a daemon's log tells of so many. */
export async function loggedAll(
  daemon: TestDaemon,
  what: 'joined' | 'left' | 'failed',
  count: number,
): Promise<string> {
  return await eventually(
    async () => logged(daemon, what),
    (seen) => seen.split('\n').length === count + 1,
  );
}

/** Makes a subscription to the members; gives the paths of the first, so many, a line each. */
export async function subscribe(view: View, anchor: string, count: number): Promise<string> {
  const read = `for i in $(seq ${count}); do cat ${anchor}/recv; done`;
  const { stdout, stderr, status } = await view.sh(
    `mkdir ${anchor} && echo > ${anchor}/mk@join && ${read}`,
  );
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
