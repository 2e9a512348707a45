import { Address } from '../base/address.js';
import { CircuitClient } from './client.js';
import type { ClientOptions } from './client-options.js';

export type { AnchorEntry, AnchorView, MemberEntry } from '../anchor/circuit.js';
export { CircuitError, type ErrorCode } from '../base/error.js';
export type { Interruptible } from '../base/interruptible.js';
export { Channel, type MessageData } from '../kinds/chan/channel.js';
export type { ChannelPeek } from '../kinds/chan/channel-element.js';
export {
  type Files,
  type Log,
  type LogExtent,
  type LogPiece,
  type Sink,
  type SinkOptions,
  type Source,
  type WaitOptions,
  type WriteOptions,
  writeAll,
} from '../kinds/control-file.js';
export { NameServer } from '../kinds/dns/name-server.js';
export type { NameServerPeek } from '../kinds/dns/name-server-element.js';
export type { NameServerOptions } from '../kinds/dns/name-server-options.js';
export type { ContainerSpecification } from '../kinds/docker/command.js';
export {
  Container,
  type ContainerPeek,
  type ContainerStats,
  type ContainerTraffic,
} from '../kinds/docker/container.js';
export type { ElementAnchor } from '../kinds/held-element.js';
export type { ListedState, MemberPeek, MemberPeers } from '../kinds/member/kind.js';
export type { Member } from '../kinds/member/member.js';
export type { Command } from '../kinds/proc/command.js';
export { Process } from '../kinds/proc/process.js';
export type { ProcessPeek } from '../kinds/proc/process-element.js';
export { Subscription } from '../kinds/subscription/subscription.js';
export type {
  SubscriptionKind,
  SubscriptionPeek,
} from '../kinds/subscription/subscription-element.js';
export { type ClusterKeys, readClusterKey } from '../transport/cluster-keys.js';
export { Anchor } from './anchor.js';
export { CircuitClient } from './client.js';
export type { ClientOptions } from './client-options.js';

/**
 * Connects to the daemon at `address`, `circuit://HOST:PORT/PID/Q…`, and through it
 * to every member of its network. The result is to be closed: `await using`.
 * @throws CircuitError EINVAL (not an address), EACCES (wrong secret or cluster key),
 *   ECONNREFUSED, ETIMEDOUT (no answer within 5 s), EHOSTUNREACH, EPROTO (not a
 *   circuit), ECONNRESET, EIO (a system call here failed), EINTR
 */
export async function dial(
  address: string | Address,
  options?: ClientOptions,
): Promise<CircuitClient> {
  const parsed = typeof address === 'string' ? Address.parse(address.trim()) : address;
  return await CircuitClient.dial(parsed, options);
}
