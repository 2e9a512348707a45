import type { Interruptible } from '../../base/interruptible.js';
import { HeldElement } from '../held-element.js';
import type { NameServerPeek } from './name-server-element.js';

/** A name server on a member. */
export class NameServer extends HeldElement<NameServerPeek> {
  readonly kind = 'dns';

  /** Where it listens, `HOST:PORT`. @throws CircuitError EINTR */
  async address({ signal }: Interruptible = {}): Promise<string> {
    return (await this.files.value('addr', signal)).trimEnd();
  }

  /**
   * Adds records, a line of zone text each, such as `db.test. 60 IN A 10.0.0.1`.
   * @throws CircuitError EINVAL, ENOSPC (there is no room for more), EINTR: those before have been set
   */
  set(records: string, { signal }: Interruptible = {}): Promise<void> {
    return this.files.command('set', records, signal);
  }

  /** Removes every record that a name has. @throws CircuitError EINVAL, EPERM (a member's), EINTR */
  unset(name: string, { signal }: Interruptible = {}): Promise<void> {
    return this.files.command('unset', name, signal);
  }

  /** Its records as zone text, a line each, sorted. @throws CircuitError EINTR */
  async records({ signal }: Interruptible = {}): Promise<string> {
    return await this.files.value('records', signal);
  }
}
