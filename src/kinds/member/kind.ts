import type { Log } from '../control-file.js';
import { command, type Directory, json, log, value } from '../table.js';
import { type DaemonReport, runtimeReport } from './runtime-report.js';

/** A daemon, as its control files use it. */
export interface MemberState {
  /** The circuit address, a secret. */
  addr(): string;
  /** @throws CircuitError EINVAL, EACCES, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, and others */
  join(addresses: readonly string[], signal?: AbortSignal): Promise<void>;
  leave(): Promise<void>;
  /** @throws CircuitError EINVAL (nothing has changed), ENOTSUP (it has no cluster key) */
  reload(): Promise<void>;
  /** Returns when the end has begun. */
  shutdown(): void;
  peek(): MemberPeek;
  peers(): MemberPeers;
  log(): Log;
  report(): DaemonReport;
}

/** A member that is suspected does not answer, and will have gone unless it does soon. */
export type ListedState = 'alive' | 'suspect';

/** A member's state; the keys are the Go circuit's, where it had them. */
export interface MemberPeek {
  readonly Name: string;
  readonly Addr: string;
  /** RFC 3339. */
  readonly Joined: string;
  /** As the daemon through which one looks has it; other daemons may have another. */
  readonly State: ListedState;
  /** Since when that daemon has had it so; RFC 3339. */
  readonly Since: string;
  /** Only the member itself can tell this and the keys below; they are left out while it does not answer. */
  readonly Host?: string;
  readonly Pid?: number;
  readonly Version?: string;
}

/** The partial views of HyParView: names of members, sorted. */
export interface MemberPeers {
  /** Its neighbours: it keeps links to them, and its news go over these. */
  readonly Active: readonly string[];
  /** Others, one of which takes the place of a neighbour that goes. */
  readonly Passive: readonly string[];
}

/** A member's own directory. */
export const member: Directory<MemberState> = {
  name: 'member',
  about: 'This directory is a member of the network: a daemon, and what lives on its host.',
  files: {
    addr: value(
      (state) => state.addr(),
      'its circuit address, a secret: anyone who has it may command the member',
    ),
    join: command(
      (state, text, signal) =>
        state.join(
          text.split(/\s+/).filter((word) => word !== ''),
          signal,
        ),
      'merge its network with that of each address written, and with a cluster key of each HOST[:PORT]',
      { example: 'echo "$ADDRESS" > join', argument: '<ADDRESS...>', waits: true },
    ),
    leave: command((state) => state.leave(), 'leave the network and go on alone'),
    reload: command(
      (state) => state.reload(),
      'read the file of cluster keys again: it dials with the first, and accepts all',
    ),
    shutdown: command((state) => state.shutdown(), 'end the daemon in order'),
    peek: json(
      (state) => state.peek(),
      'its state, as JSON: State is what the daemon of this mount knows',
    ),
    peers: json(
      (state) => state.peers(),
      'to which members it keeps links (Active), and which it has in reserve (Passive)',
    ),
    stk: value(
      (state) => runtimeReport(() => state.report()),
      'memory, heap, open files, what its mount and its connections hold, and what it waits for, as JSON',
    ),
    log: log((state) => state.log(), 'its operations log: who did what to it, and when'),
  },
};
