import type { MemberEntry } from '../anchor/circuit.js';
import type { CircuitRoster, CircuitTarget } from '../anchor/circuit-target.js';
import { isListedState } from '../anchor/listed-member.js';
import { type Address, isMemberName } from '../base/address.js';
import { CircuitError, noAnswer } from '../base/error.js';
import { hostNameOf } from '../base/host-name.js';
import { interruptible } from '../base/interruptible.js';
import { isTimeValue } from '../base/time-value.js';
import { versionOf } from '../base/version.js';
import { CALL_TIMEOUT_MS } from '../transport/limits.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { Transport } from '../transport/transport.js';
import type { ClientOptions } from './client-options.js';

/** A connection to a daemon from a program that is no member. */
export interface DaemonConnection {
  /** Ours alone, to be closed. */
  readonly transport: Transport<CircuitTarget>;
  readonly connection: PeerConnection<CircuitTarget>;
  /** The daemon’s own name, and the members that it lists. */
  readonly roster: CircuitRoster;
}

/**
 * Connects to the daemon at `address`.
 * @throws CircuitError EACCES (wrong secret or cluster key), ECONNREFUSED, ETIMEDOUT
 *   (no answer within 5 s), EHOSTUNREACH, EPROTO (not a circuit),
 *   ECONNRESET, EIO (a system call here failed), EINTR
 */
export async function connect(
  address: Address,
  { clusterKey, signal }: ClientOptions = {},
): Promise<DaemonConnection> {
  const transport = new Transport<CircuitTarget>({ clusterKeys: clusterKey });
  const limit = AbortSignal.timeout(CALL_TIMEOUT_MS);
  const either = signal ? AbortSignal.any([limit, signal]) : limit;
  try {
    const connection = await transport.connect(address, either);
    const { self, members } = await interruptible(connection.main.roster(), either);
    if (!isMemberName(self)) throw new CircuitError('EPROTO', 'the daemon gave no name');
    return { transport, connection, roster: { self, members: checkMembers(members) } };
  } catch (error) {
    transport.close();
    if (limit.aborted && !signal?.aborted) throw noAnswer(address.authority, CALL_TIMEOUT_MS);
    throw error;
  }
}

/** Nothing a daemon says is believed unseen: names become directories. @throws CircuitError EPROTO */
export function checkMembers(members: readonly MemberEntry[]): readonly MemberEntry[] {
  const sound = Array.isArray(members) && members.every(isEntry);
  if (!sound) throw new CircuitError('EPROTO', 'the daemon gave what is no list of members');
  return members.map(({ name, joined, state, host, addressHost, version }) => ({
    name,
    joined,
    state,
    host: hostNameOf(host),
    addressHost: isAddressHost(addressHost) ? addressHost : '',
    version: versionOf(version),
  }));
}

function isEntry(entry: Partial<MemberEntry> | undefined): boolean {
  return isMemberName(entry?.name) && isTimeValue(entry.joined) && isListedState(entry.state);
}

/** A name or an address, of IPv6 too, and nothing that commands a terminal. */
function isAddressHost(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9A-Za-z._:-]{1,253}$/.test(value);
}
