import type { MemberName } from '../base/address.js';
import { Beliefs } from './beliefs.js';
import { Clock } from './clock.js';
import { Comparison } from './comparison.js';
import { FailureDetector } from './failure-detector.js';
import { HyParView } from './hyparview.js';
import { Joining, type Parting } from './joining.js';
import type { MechanismContext } from './mechanism-context.js';
import { type NewMemberMap, newMemberMap } from './member-map.js';
import { PartialView } from './partial-view.js';
import { Plumtree } from './plumtree.js';
import type { ProtocolHost } from './protocol-host.js';
import type { MemberRecord, PeerAddress } from './record.js';
import { Refutation } from './refutation.js';
import { Roster } from './roster.js';

export interface ProtocolOptions {
  /** Our own record. */
  readonly self: MemberRecord;
  readonly host: ProtocolHost;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** In milliseconds, on a clock that does not go back. */
  readonly now: number;
  /** Makes the maps of all members; of `Map` unless given. */
  readonly newMap?: NewMemberMap;
}

export interface PartsOptions extends ProtocolOptions {
  /** Tells whether a member still takes us for one of a network that we have left. */
  readonly parted: (name: MemberName) => Parting | undefined;
  /** We have joined a member, or it has joined us. */
  readonly met: (name: MemberName) => void;
  /** Another daemon has our name, and keeps it. */
  readonly displaced: () => void;
}

/**
 * Everything that a member has in one network: the mechanisms of the protocol, what they share, and
 * which of them calls which.
 */
export class Parts {
  readonly host: ProtocolHost;
  readonly parted: (name: MemberName) => Parting | undefined;
  readonly clock: Clock;
  readonly roster: Roster;
  readonly tree: Plumtree;
  readonly comparison: Comparison;
  readonly overlay: HyParView;
  readonly joining: Joining;
  readonly refutation: Refutation;
  readonly detector: FailureDetector;
  readonly beliefs: Beliefs;

  constructor(options: PartsOptions) {
    const { self, host, random, now, newMap = newMemberMap, parted, met, displaced } = options;
    this.host = host;
    this.parted = parted;
    this.clock = new Clock(now);
    this.roster = new Roster(self, newMap);
    const { clock, roster } = this;
    const learn: MechanismContext['learn'] = (record, source) => this.beliefs.learn(record, source);
    const publish = (record: MemberRecord, from?: PeerAddress) => {
      this.comparison.noteChange();
      this.tree.publish(record, from);
    };
    const active = new PartialView(random);
    const shared: MechanismContext = { host, random, clock, roster, active, learn, publish };
    this.tree = new Plumtree({ ...shared, has: (version) => this.beliefs.has(version) });
    this.comparison = new Comparison({ ...shared, done: (peer) => this.joining.compared(peer) });
    const { tree, comparison } = this;
    const accusedByUs = () => this.beliefs.accusedByUs();
    this.overlay = new HyParView({ ...shared, tree, accusedByUs });
    const { overlay } = this;
    this.joining = new Joining({ ...shared, overlay, comparison, parted, met });
    this.refutation = new Refutation({ ...shared, displaced });
    this.detector = new FailureDetector({
      ...shared,
      failed: (record) => this.beliefs.fail(record),
      suspect: (record) => this.beliefs.accuse(record),
      reached: (record) => this.beliefs.reached(record),
    });
    const { refutation, detector } = this;
    this.beliefs = new Beliefs({ ...shared, newMap, refutation, detector, overlay });
  }
}
