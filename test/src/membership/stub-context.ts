import { Clock } from '../../../src/membership/clock.js';
import type { MechanismContext } from '../../../src/membership/mechanism-context.js';
import { PartialView } from '../../../src/membership/partial-view.js';
import type { ProtocolHost } from '../../../src/membership/protocol-host.js';
import { Roster } from '../../../src/membership/roster.js';
import { newRecord } from '../bootstrap/stub-membership.js';

/**
 * Everything that a mechanism shares with the others, without effect; and a host that does only
 * what is given.
 */
export function stubShared(host: Partial<ProtocolHost> = {}): MechanismContext {
  const nothing = () => {};
  const random = () => 0.5;
  return {
    host: {
      send: nothing,
      open: nothing,
      close: nothing,
      probe: nothing,
      changed: nothing,
      joined: nothing,
      refused: nothing,
      displaced: nothing,
      ...host,
    },
    roster: new Roster(newRecord()),
    clock: new Clock(0),
    active: new PartialView(random),
    random,
    learn: () => false,
    publish: nothing,
  };
}
