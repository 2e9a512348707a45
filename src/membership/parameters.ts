/**
 * The parameters of the protocol, with the reason for each. Times are in milliseconds.
 */

// The overlay: HyParView (Leitão, Pereira and Rodrigues, DSN 2007), section 5.1, whose
// values for 10,000 members these are.

/** Links that a member keeps standing: fanout + 1, for log10(n) + c at 10,000. */
export const ACTIVE_VIEW = 5;

/** Members kept in reserve: k (log10(n) + c), with k = 6. */
export const PASSIVE_VIEW = 30;

/** ARWL: how far the news of a newcomer walks until somebody links to it. */
export const ACTIVE_WALK = 6;

/** PRWL: where on that walk somebody keeps it in reserve. */
export const PASSIVE_WALK = 3;

/** ka and kp: how many of either view go into a shuffle. */
export const SHUFFLE_ACTIVE = 3;
export const SHUFFLE_PASSIVE = 4;

/**
 * How far a shuffle goes. The paper takes ARWL; here its answer goes the same way back, and
 * the roster makes up for a passive view that is less well mixed.
 */
export const SHUFFLE_WALK = 3;

/** One exchange of views in so long; at rest it is nearly all that is sent. */
export const SHUFFLE_INTERVAL_MS = 10_000;

/** How many are asked to be neighbours at once; each answers within a round trip. */
export const NEIGHBOR_REQUESTS = 3;

/** While so many have not answered, no newcomer is asked that others have sent on its way. */
export const MAX_ASKED = 10;

/**
 * After so many refusals nobody is asked until the next shuffle, unless half of the active
 * view is missing: where all others' views are full, one may lack a neighbour.
 */
export const MAX_REFUSALS = 6;

/** One that has not answered by then is not waited for. */
export const NEIGHBOR_TIMEOUT_MS = 3_000;

/**
 * The link to a neighbour that gave way to another stands for so long: a newcomer may have
 * none but that, and would fail unseen.
 */
export const DISMISSAL_MS = 10_000;

/**
 * One that refused, or could not be reached, is not asked again for so long, unless we have no
 * neighbour at all.
 */
export const NEIGHBOR_PAUSE_MS = 10_000;

/** Even then: one that could not be reached, or that refuses one who has no other. */
export const BARRED_PAUSE_MS = 1_000;

/**
 * While so many are, nobody is asked: who reaches none of them may be cut off itself, and would
 * go through the whole roster as fast as dials fail.
 */
export const MAX_BARRED = 6;

// The broadcast: Plumtree (Leitão, Pereira and Rodrigues, SRDS 2007).

/**
 * What comes within so long after news was passed on goes out together with what follows:
 * a single event is not held up, and of a thousand there are few messages.
 */
export const EAGER_PAUSE_MS = 30;

/** Announcements to lazy links wait so long for more of them (section 3.8, "scheduling policy"). */
export const LAZY_PAUSE_MS = 100;

/**
 * From an announcement of what did not come until it is asked for, since the eager way has
 * had its time; and again until it is asked for of the next who announced it. The paper's
 * second timer is shorter (section 3.6); with one for both, what was first is due first.
 */
export const GRAFT_TIMEOUT_MS = 150;

/** Records, or announcements of them, in one message. */
export const MAX_RECORDS = 250;

// Rosters: SWIM's records (Das, Gupta and Motivala, DSN 2002), and their comparison.

/** Members of a network, as far as we take part in it. */
export const MAX_MEMBERS = 10_000;

/** A member that has gone is remembered, and dialled again if it failed, for a day. */
export const TOMBSTONE_LIFE_MS = 24 * 60 * 60 * 1000;

/** So many who failed are remembered, and as many who left; the first to go is forgotten first. */
export const MAX_TOMBSTONES = 10_000;

/** So many networks that we have left are remembered, to tell their members. */
export const MAX_NETWORKS_LEFT = 10;

/** Rosters that differ are compared when nothing has come for so long: most news is on its way. */
export const QUIET_MS = 500;

/** But not later than this, where it is never quiet. */
export const COMPARE_INTERVAL_MS = 10_000;

/**
 * Every so many shuffles go straight to a member at random: should the overlay ever be in
 * parts that know of each other, they find together.
 */
export const FAR_SHUFFLE_EVERY = 6;

// Failures: SWIM's probes and Lifeguard's suspicion (Dadgar, Phillips and Currey, 2017).

/** A dial that is not answered by then finds its target silent. */
export const PROBE_TIMEOUT_MS = 2_000;

/** What those who are asked have on top of it, there and back. */
export const PROBE_REPLY_SLACK_MS = 500;

/** k of SWIM, section 4.1: who is asked to dial as well. */
export const INDIRECT_PROBES = 3;

/** So many members are dialled at once for others; who asks for more gets no answer. */
export const MAX_PROBES_ASKED = 100;

/**
 * If none of those who were asked answers, others are: where 30 % have failed all three have
 * in one of forty cases, and a member that nobody else has found silent is suspected long.
 */
export const MAX_ROUNDS = 3;

/**
 * Whose port is refused may have left in order: from then on so long is waited for its farewell,
 * which may come by a lazy link, after LAZY_PAUSE_MS and GRAFT_TIMEOUT_MS, before it has failed.
 */
export const FAREWELL_TIME_MS = 400;

/** One that was found well is not looked after again for so long. */
export const PROBE_PAUSE_MS = 5_000;

/** K of Lifeguard, section IV-B: with so many more accusers suspicion takes the shortest time; it has a field for each. */
export const CONFIRMATIONS = 3;

/** Shortest time of a suspicion in networks of up to 100; it grows with log10(n). */
export const SUSPICION_MIN_MS = 2_000;

/** Lifeguard's beta: how much longer one takes that nobody confirms. */
export const SUSPICION_MAX_FACTOR = 6;

/** Suspicions that run out within so long are ended together: after a split there are many. */
export const SUSPICION_PAUSE_MS = 100;

/** Lifeguard's S, section IV-A: how bad our own health can be. */
export const MAX_LOCAL_HEALTH = 8;

/**
 * How many members are dialled at random, in the mean and in the whole network, when one is
 * suspected or fails. Where many fail at once there are some that all neighbours of were
 * among them.
 */
export const RANDOM_PROBES = 30;

/** They are spread over so long. */
export const RANDOM_PROBE_SPREAD_MS = 2_000;

/**
 * One that another roster holds for failed is dialled unless so many are looked after
 * already: after a split that is half of the network, and each will speak for itself.
 */
export const MAX_HEARSAY_PROBES = 10;

/** A member dials one that failed, at random, every so long: what was split finds together. */
export const REDIAL_INTERVAL_MS = 10_000;

/** A clock that stood still for so long means that we did: we know nothing of the others. */
export const SUSPENDED_MS = 3_000;

/** Ill news of us is refuted at most this often. */
export const REFUTE_PAUSE_MS = 200;
