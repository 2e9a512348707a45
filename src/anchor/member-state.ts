import { hostname } from 'node:os';
import type { MemberName } from '../base/address.js';
import { Contact, parseJoinable } from '../base/contact.js';
import { CircuitError, errorMessage } from '../base/error.js';
import type { OperationsLog } from '../base/log.js';
import { VERSION } from '../base/version.js';
import type { MemberPeek, MemberState } from '../kinds/member/kind.js';
import type { DaemonReport } from '../kinds/member/runtime-report.js';
import type { Membership } from '../membership/membership.js';
import type { MemberRecord } from '../membership/record.js';
import { knownPeek } from './listed-member.js';

export interface MemberStateOptions {
  readonly membership: Membership;
  readonly log: OperationsLog;
  /** Begins the daemon's end. */
  readonly shutdown: () => void;
  /** Leaves the network, where there is more to it than the membership's part. */
  readonly leave?: () => Promise<void>;
  /** Joins the daemons at a host, where there is a cluster key by which they are found. */
  readonly joinContact?: ((contact: Contact, signal?: AbortSignal) => Promise<void>) | undefined;
  /** Reads the file of cluster keys again, where there is one. */
  readonly reload?: (() => Promise<void>) | undefined;
  /** Where the network is mounted, and how others are looked for. */
  readonly report?: () => DaemonReport;
}

/** The daemon in this process, as the control files of its member use it. */
export function memberState(options: MemberStateOptions): MemberState {
  const { membership, log, shutdown, leave = () => membership.leave(), reload = noKeys } = options;
  return {
    addr: () => membership.self.addr,
    join: (joined, signal) => joinAll(options, joined, signal),
    leave,
    reload,
    // Not awaited: the daemon ends when the program that asked for it has closed the file.
    shutdown: () => void shutdown(),
    peek: () => peek(membership),
    peers: () => {
      const { active, passive } = membership.views();
      return { Active: sortedNames(active), Passive: sortedNames(passive) };
    },
    report: () => options.report?.() ?? { mount: null },
    log: () => ({
      extent: async () => ({ start: log.start, end: log.end }),
      read: async (offset, size) => log.read(offset, size),
      whenBeyond: (offset, signal) => log.whenBeyond(offset, signal),
    }),
  };
}

async function noKeys(): Promise<void> {
  const sentence = 'this daemon was started without a file of cluster keys (--hmac FILE)';
  throw new CircuitError('ENOTSUP', sentence);
}

/**
 * All addresses and contacts are tried; if any fails, so does this, with the first one's errno and a
 * sentence on each.
 */
async function joinAll(
  { membership, joinContact }: MemberStateOptions,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (texts.length === 0) {
    throw new CircuitError('EINVAL', 'no address given; cat addr on the other member shows it');
  }
  const joinables = [...new Set(texts)].map((text) => parseJoinable(text, !!joinContact));
  const joins = await Promise.allSettled(
    joinables.map((each) =>
      each instanceof Contact ? joinContact?.(each, signal) : membership.join(each, { signal }),
    ),
  );
  const failures = joins.flatMap((join) => (join.status === 'rejected' ? [join.reason] : []));
  const [first] = failures;
  if (!first) return;
  if (failures.length === 1) throw first;
  const code = first instanceof CircuitError ? first.code : 'EIO';
  const sentences = failures.map(errorMessage).join('; ');
  throw new CircuitError(code, `${failures.length} of ${joins.length} failed: ${sentences}`);
}

function peek(membership: Membership): MemberPeek {
  const { self } = membership;
  const since = membership.status(self.name)?.since ?? self.joined;
  // V8 takes thirty times as long for { ...known, Host: … }, which is a tenth of a peek.
  return Object.assign(knownPeek(self, 'alive', since), {
    Host: hostname(),
    Pid: process.pid,
    Version: VERSION,
  });
}

function sortedNames(records: readonly MemberRecord[]): readonly MemberName[] {
  return records.map(({ name }) => name).sort();
}
