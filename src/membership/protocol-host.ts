import type { MembershipChange } from './membership.js';
import type { Message } from './messages.js';
import type { PeerAddress } from './record.js';

/**
 * What the protocol asks of whoever runs it: the daemon, or the simulator. None of this
 * answers before it returns; answers come as calls of the protocol's methods.
 */
export interface ProtocolHost {
  /** Sends over the link to `peer`, or over one made for it; `unreachable` if there is none. */
  send(peer: PeerAddress, message: Message): void;
  /** Keeps a link to `peer` standing: `linkDown` at its end, or `unreachable`. */
  open(peer: PeerAddress): void;
  /** The link, if there is one, need not stand any longer; nothing more is told of it. */
  close(peer: PeerAddress): void;
  /**
   * Dials `peer`, whatever links there are: `probed`, at the latest after `timeout` milliseconds,
   * not counting those for which we were suspended.
   */
  probe(peer: PeerAddress, timeout: number): void;
  /** A member came, or went. */
  changed(change: MembershipChange): void;
  /** What began with `join` has come about; nothing is told of one that was not answered. */
  joined(peer: PeerAddress): void;
  /** It has not: the other has left, and no user has asked for it. */
  refused(peer: PeerAddress): void;
  /** Another daemon that was started later has our name: we have left the network. */
  displaced(): void;
}
