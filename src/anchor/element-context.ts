import type { FlowControl } from '../transport/flow-control.js';

/** What the targets of an element know of the peer that calls them. */
export interface ElementContext {
  /** Of what is sent to the peer. */
  readonly flow: FlowControl;
  /** Runs what the peer asked for, and logs that it did. */
  readonly logged: (verb: string, run: () => Promise<void>) => Promise<void>;
}
