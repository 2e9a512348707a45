import type { PeerAddress } from '../../src/membership/protocol-host.js';
import type { Endpoint } from './endpoint.js';

/**
 * One end of a connection, as its daemon sees it: one end may be down for minutes while the
 * other believes in it. {@link Link} makes the two.
 */
export class End {
  /** Whether this daemon holds it standing, and is told of its end. */
  held = false;
  up = true;
  /** How often it was held or released: what is on its way to be told may be out of date. */
  holds = 0;
  /** When what was last sent to this end arrives; TCP lets nothing overtake. */
  lastArrival = 0;
  /** Since when nothing can be heard from the other end, or -1. */
  deafSince = -1;
  /** Whether something was sent from here that cannot have arrived. */
  sentInVain = false;
  /** What the other end sent and what has been lost again and again since the way is cut. */
  readonly stalled: Stalled[] = [];
  #peer: End | undefined;

  constructor(
    readonly endpoint: Endpoint,
    readonly link: Link,
  ) {}

  get peer(): End {
    if (!this.#peer) throw new Error('an end without another');
    return this.#peer;
  }

  get peerAddress(): PeerAddress {
    return this.peer.endpoint.address;
  }

  static join(left: End, right: End): void {
    left.#peer = right;
    right.#peer = left;
  }
}

type Stalled = () => void;

/** A connection between two daemons, for both directions. */
export class Link {
  readonly left: End;
  readonly right: End;
  /** In milliseconds; one that nobody holds is closed a minute later. */
  lastUse: number;

  constructor(dialler: Endpoint, listener: Endpoint, now: number) {
    this.left = new End(dialler, this);
    this.right = new End(listener, this);
    this.lastUse = now;
    End.join(this.left, this.right);
  }

  /** Whether one side keeps it standing. */
  get standing(): boolean {
    return (this.left.up && this.left.held) || (this.right.up && this.right.held);
  }
}
