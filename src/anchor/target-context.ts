import type { OperationsLog } from '../base/log.js';
import type { MessageShare } from '../kinds/message-memory.js';
import type { Registry } from '../kinds/registry.js';
import type { FlowControl } from '../transport/flow-control.js';
import type { Circuit } from './circuit.js';

/** What the targets of one peer share. */
export interface TargetContext {
  readonly circuit: Circuit;
  /** Tells how commands are shown in the log. */
  readonly registry: Registry;
  readonly log: OperationsLog;
  /** Who calls, as the log shows it. */
  readonly who: () => string;
  readonly deliver: (message: unknown) => unknown;
  /** Of what is sent to the peer. */
  readonly flow: FlowControl;
  /** Tells that nothing was heard of the peer for so many milliseconds. */
  readonly whenSilent: (listener: () => void, afterMs: number) => Disposable;
  /** Accounts for the memory that the peer's messages hold. */
  readonly memory: MessageShare;
  /** Resolves when this host's mount shows what has changed until now. */
  readonly published: () => Promise<void>;
}
