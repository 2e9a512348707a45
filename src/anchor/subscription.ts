import type { ChannelPeek } from '../kinds/chan/channel.js';
import type { SubscriptionKind } from '../kinds/subscription/subscription.js';

/** The keys are the Go circuit's. */
export interface SubscriptionPeek {
  /** What it tells of. */
  readonly Source: SubscriptionKind;
  /** Events that nobody has received yet. */
  readonly Pending: number;
  /** It has ended, because too many events waited. */
  readonly Closed: boolean;
}

/** The state of a subscription, from that of the channel which it is. */
export function subscriptionPeek(
  kind: SubscriptionKind,
  { NumSend, NumRecv, Closed }: ChannelPeek,
): SubscriptionPeek {
  return { Source: kind, Pending: NumSend - NumRecv, Closed };
}

export function isSubscriptionKind(kind: unknown): kind is SubscriptionKind {
  return kind === '@join' || kind === '@leave';
}
