import type { MemberName } from '../base/address.js';
import { Beliefs, type Source } from './beliefs.js';
import { Comparison } from './comparison.js';
import { FailureDetector } from './failure-detector.js';
import { HyParView } from './hyparview.js';
import { Joining } from './joining.js';
import type { NewMemberMap } from './member-map.js';
import { MAX_DOUBTS_PROBED } from './parameters.js';
import { Plumtree } from './plumtree.js';
import type { PeerAddress, ProtocolHost } from './protocol-host.js';
import type { MemberRecord } from './record.js';
import { Refutation } from './refutation.js';
import { Roster } from './roster.js';
import { Timers } from './timers.js';

/** The mechanisms of the protocol, and what they share: what a member has in one network. */
export interface Parts {
  readonly timers: Timers;
  readonly roster: Roster;
  readonly tree: Plumtree;
  readonly comparison: Comparison;
  readonly overlay: HyParView;
  readonly joining: Joining;
  readonly refutation: Refutation;
  readonly detector: FailureDetector;
  readonly beliefs: Beliefs;
  /** Takes a record, if it is news. @returns Whether it was. */
  readonly learn: (record: MemberRecord, source: Source) => boolean;
}

/** That we have left a network. */
export interface Parting {
  /** What its members are told, if they are. */
  readonly farewell: MemberRecord | undefined;
}

export interface AssemblyOptions {
  readonly self: MemberRecord;
  readonly host: ProtocolHost;
  readonly random: () => number;
  readonly now: () => number;
  readonly newMap: NewMemberMap;
  /** Whether a member takes us, if it does, for one of a network that we have left. */
  readonly parted: (name: MemberName) => Parting | undefined;
  /** A member joined us, or we it. */
  readonly met: (name: MemberName) => void;
  /** Another daemon has our name, and stays. */
  readonly displaced: () => void;
}

/** Puts them together: which of them tells which others. */
export function assemble({ self, parted, met, displaced, ...given }: AssemblyOptions): Parts {
  const timers = new Timers();
  const roster = new Roster(self, given.newMap);
  const learn = (record: MemberRecord, source: Source) => beliefs.learn(record, source);
  const shared = { ...given, timers, roster, learn };
  const tree = new Plumtree({
    ...shared,
    has: (version) => beliefs.has(version),
    get: (name) => roster.get(name),
  });
  const publish = (record: MemberRecord, from?: PeerAddress) => {
    comparison.noteChange();
    tree.publish(record, from);
  };
  const comparison = new Comparison({ ...shared, done: (peer) => joining.compared(peer) });
  const overlay = new HyParView({
    ...shared,
    up: (peer) => {
      tree.up(peer);
      tree.announce(peer, beliefs.accused());
    },
    parting: (peer) => tree.parting(peer),
    down: (peer) => tree.down(peer),
  });
  const joining = new Joining({ ...shared, overlay, comparison, parted, met });
  const refutation = new Refutation({ ...shared, publish, displaced });
  const detector = new FailureDetector({
    ...shared,
    neighbors: () => overlay.active.values(),
    failed: (record) => beliefs.fail(record),
    suspect: (record) => beliefs.accuse(record),
    well: (record) => beliefs.foundWell(record),
  });
  const beliefs = new Beliefs({
    ...shared,
    refutation,
    publish,
    isNeighbor: (peer) => overlay.active.has(peer),
    illNews: () => detector.lookAround(),
    doubted: (record) => {
      // After a split half of the members are doubted at once; they will speak for themselves.
      if (detector.size < MAX_DOUBTS_PROBED) detector.investigate(record, false);
    },
    gone: ({ name, addr }) => {
      detector.forget(name);
      overlay.gone(addr);
    },
  });
  return {
    timers,
    roster,
    tree,
    comparison,
    overlay,
    joining,
    refutation,
    detector,
    beliefs,
    learn,
  };
}
