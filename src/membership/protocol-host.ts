import type { MembershipChange } from './membership.js';
import type { Message } from './messages.js';
import type { PeerAddress } from './record.js';

/**
 * The host of the protocol: the daemon, or the simulator. No answer comes before a method
 * returns; answers come as calls of the protocol's methods.
 */
export interface ProtocolHost {
  /**
   * Sends over the link to `peer`, or over one made for it; answered by `unreachable` if there is
   * none.
   */
  send(peer: PeerAddress, message: Message): void;
  /** Keeps a link to `peer` standing; answered by `linkDown` at its end, or by `unreachable`. */
  open(peer: PeerAddress): void;
  /** Lets go of the link to `peer`, if there is one; nothing more is told of it. */
  close(peer: PeerAddress): void;
  /**
   * Dials `peer`, whether or not there is a link; answered by `probed` after at most `timeout`
   * milliseconds, not counting those for which we were suspended.
   */
  probe(peer: PeerAddress, timeout: number): void;
  /** A member came or went. */
  changed(change: MembershipChange): void;
  /** A `join` has succeeded. A join that is not answered is not told of. */
  joined(peer: PeerAddress): void;
  /** A `join` was refused: the other has left its network, and no user wants it back. */
  refused(peer: PeerAddress): void;
  /** A daemon that was started later has our name: we have left the network. */
  displaced(): void;
}
