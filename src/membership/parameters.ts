/**
 * The parameters of the protocol, with the reason for each.
 */

// The overlay: HyParView (Leitão, Pereira and Rodrigues, DSN 2007), section 5.1, whose
// values for 10,000 members these are.

/** Links that a member keeps standing: fanout + 1, for log10(n) + c at 10,000. */
export const ACTIVE_VIEW = 5;

/** Members kept in reserve: k (log10(n) + c), with k = 6. */
export const PASSIVE_VIEW = 30;

/** ARWL: how far a newcomer's forward-join walks until a member links to it. */
export const ACTIVE_WALK = 6;

/** PRWL: where on that walk a member adds it to the passive view. */
export const PASSIVE_WALK = 3;

/** ka and kp: how many members of each view go into a shuffle. */
export const SHUFFLE_ACTIVE = 3;
export const SHUFFLE_PASSIVE = 4;

/**
 * How far a shuffle walks. The paper takes ARWL; here the answer goes the same way back, and the
 * roster makes up for passive views that are mixed less well.
 */
export const SHUFFLE_WALK = 3;

/** The time between two shuffles, which are nearly all that a network at rest sends. */
export const SHUFFLE_INTERVAL_MS = 10_000;

/** How many members are asked to be neighbours at once; each answers within a round trip. */
export const NEIGHBOR_REQUESTS = 3;

/** While so many have not answered, a newcomer that others have sent on its walk is not asked. */
export const MAX_ASKED = 10;

/**
 * After so many refusals nobody is asked until the next shuffle, unless half of the active view is
 * missing: where all others' views are full, a member may lack a neighbour.
 */
export const MAX_REFUSALS = 6;

/** How long the answer to a request is waited for. */
export const NEIGHBOR_TIMEOUT_MS = 3_000;

/**
 * How long the link to a neighbour that gave way to another stands: a newcomer may have no other,
 * and would fail unseen.
 */
export const DISMISSAL_MS = 10_000;

/**
 * How long a member that refused, or could not be reached, is not asked again, unless we have no
 * neighbour at all.
 */
export const NEIGHBOR_PAUSE_MS = 10_000;

/**
 * How long even then: a member that could not be reached, or that refused a request of high
 * priority.
 */
export const BARRED_PAUSE_MS = 1_000;

/**
 * While so many members are barred nobody is asked: a member that reaches none of them may be cut
 * off itself, and would go through the whole roster as fast as dials fail.
 */
export const MAX_BARRED = 6;

// The broadcast: Plumtree (Leitão, Pereira and Rodrigues, SRDS 2007).

/**
 * News that comes within this time after a push waits for more: a single event is not held up, and
 * a thousand events make few messages.
 */
export const EAGER_PAUSE_MS = 30;

/** Announcements to lazy links wait so long for more of them (section 3.8, "scheduling policy"). */
export const LAZY_PAUSE_MS = 100;

/**
 * How long the tree has to bring what a lazy link announced, before we graft; and how long each
 * further announcer has. The paper's second timer is shorter (section 3.6); with one for both, the
 * first announcement is due first.
 */
export const GRAFT_TIMEOUT_MS = 150;

/** Records, or announcements of them, in one message. */
export const MAX_RECORDS = 250;

// Rosters: SWIM's records (Das, Gupta and Motivala, DSN 2002), and their comparison.

/** The largest network that we take part in. */
export const MAX_MEMBERS = 10_000;

/** For a day a member that has gone is remembered, and dialled again if it failed. */
export const TOMBSTONE_LIFE_MS = 24 * 60 * 60 * 1000;

/**
 * So many failed members are remembered, and as many that left; the first to go is evicted first.
 */
export const MAX_TOMBSTONES = 10_000;

/** So many networks that we have left are remembered, to tell their members. */
export const MAX_NETWORKS_LEFT = 10;

/** Rosters that differ are compared when no news came for so long: most news is on its way. */
export const QUIET_MS = 500;

/** Where it is never quiet, rosters are compared after this time. */
export const COMPARE_INTERVAL_MS = 10_000;

/**
 * One of so many shuffles goes straight to a random member. If the overlay is ever in parts that
 * know of each other, that joins them.
 */
export const FAR_SHUFFLE_EVERY = 6;

// Failures: SWIM's probes and Lifeguard's suspicion (Dadgar, Phillips and Currey, 2017).

/** A dial that takes longer finds its target silent. */
export const PROBE_TIMEOUT_MS = 2_000;

/** How much longer the members that we ask may take, there and back. */
export const PROBE_REPLY_SLACK_MS = 500;

/** k of SWIM, section 4.1: how many members are asked to dial as well. */
export const INDIRECT_PROBES = 3;

/** So many members are dialled at once for others; further requests get no answer. */
export const MAX_PROBES_ASKED = 100;

/**
 * How many times we ask others if none answers. Where 30 % have failed, all three that we asked
 * have failed in one of forty cases, and a member with one accuser is suspected for long.
 */
export const MAX_ROUNDS = 3;

/**
 * How long a member whose port is refused may still be found to have left: its farewell may come
 * by a lazy link, after LAZY_PAUSE_MS and GRAFT_TIMEOUT_MS.
 */
export const FAREWELL_TIME_MS = 400;

/** A member that was reached is not investigated again for so long. */
export const PROBE_PAUSE_MS = 5_000;

/**
 * K of Lifeguard, section IV-B: after so many further accusers a suspicion takes the shortest time.
 * `Suspicion` has a field for each.
 */
export const CONFIRMATIONS = 3;

/** The shortest suspicion in networks of up to 100 members; it grows with log10(n). */
export const SUSPICION_MIN_MS = 2_000;

/** Lifeguard's beta: how much longer a suspicion takes that nobody confirms. */
export const SUSPICION_MAX_FACTOR = 6;

/** Suspicions that run out within this time end together: after a split there are many. */
export const SUSPICION_PAUSE_MS = 100;

/** Lifeguard's S, section IV-A: the worst score of our local health. */
export const MAX_LOCAL_HEALTH = 8;

/**
 * How many members are dialled at random when one is suspected or fails: the mean, in the whole
 * network. Where many fail at once, there are some whose neighbours all failed with them.
 */
export const RANDOM_PROBES = 30;

/** The time over which these are spread. */
export const RANDOM_PROBE_SPREAD_MS = 2_000;

/**
 * A member that failed by another's roster is dialled unless so many investigations are under way:
 * after a split that is half of the network, and each will speak for itself.
 */
export const MAX_HEARSAY_PROBES = 10;

/** How often a member dials a random failed one: that joins the parts of a split network. */
export const REDIAL_INTERVAL_MS = 10_000;

/** A clock that is late by so much shows that we were suspended, and know nothing of the others. */
export const SUSPENDED_MS = 3_000;

/** The shortest time between two refutations. */
export const REFUTE_PAUSE_MS = 200;
