import { endpointOf, hostOf } from '../base/address.js';
import type { OperationsLog } from '../base/log.js';
import type { Host, HostMember } from '../kinds/table.js';
import type { Membership } from '../membership/membership.js';
import type { MemberRecord } from '../membership/record.js';

/** The member of this process, as its elements have it. */
export function elementHost(membership: Membership, log: OperationsLog): Host {
  const { name, addr } = membership.self;
  return {
    name,
    reachableAt: hostOf(addr),
    members: {
      follow: (kind, tell) => {
        // In the same turn: no member comes between the list and its changes.
        for (const { name } of kind === 'join' ? membership.members() : []) tell(name);
        return membership.watch((change) => {
          if (change.kind === kind) tell(change.member.name);
        });
      },
      list: () => membership.members().map(hostMember),
      // A daemon that takes over a member's name is told as one that goes and one that comes.
      onChange: (listener) => membership.watch(() => listener()),
    },
    log: (event) => log.event(event),
  };
}

function hostMember({ name, host, addr }: MemberRecord): HostMember {
  const { host: address, port } = endpointOf(addr);
  return { name, host: host || undefined, address, port };
}
