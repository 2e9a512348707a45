import { Address } from '../base/address.js';
import { CircuitClient } from './client.js';
import type { ClientOptions } from './connect.js';

export type {
  AnchorEntry,
  AnchorView,
  ChannelPeek,
  ElementKind,
  ListedState,
  LogExtent,
  Member,
  MemberEntry,
  MemberPeek,
  MemberPeers,
  ProcessPeek,
  SubscriptionKind,
  SubscriptionPeek,
} from '../anchor/circuit.js';
export { Address, type MemberName } from '../base/address.js';
export { CircuitError, type ErrorCode } from '../base/error.js';
export type { Interruptible } from '../base/interruptible.js';
export { type ClusterKey, readClusterKey } from '../transport/security.js';
export { Anchor, type Command } from './anchor.js';
export { Channel, type MessageData } from './channel.js';
export { CircuitClient } from './client.js';
export type { ClientOptions } from './connect.js';
export { Process } from './process.js';
export { Subscription } from './subscription.js';

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
