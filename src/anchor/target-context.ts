import type { OperationsLog } from '../base/log.js';
import type { MessageShare } from '../kinds/message-memory.js';
import type { Registry } from '../kinds/registry.js';
import type { FlowControl } from '../transport/flow-control.js';
import type { Circuit } from './circuit.js';

/** The targets of one peer share this. */
export interface TargetContext {
  readonly circuit: Circuit;
  /** Tells how commands are shown in the log. */
  readonly registry: Registry;
  readonly log: OperationsLog;
  /** The peer, as the log shows it. */
  readonly who: () => string;
  readonly deliver: (message: unknown) => unknown;
  /** Holds back answers to a peer that is slow. */
  readonly flow: FlowControl;
  /** Tells that nothing was heard of the peer for so many milliseconds. */
  readonly whenSilent: (listener: () => void, afterMs: number) => Disposable;
  /** Accounts for the memory that the peer's messages hold. */
  readonly memory: MessageShare;
  /** Resolves when this host's mount shows what has changed until now. */
  readonly published: () => Promise<void>;
}
