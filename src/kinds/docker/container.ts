import type { Interruptible } from '../../base/interruptible.js';
import { HeldProgram } from '../held-program.js';
import type { ContainerPhase } from './container-life.js';
import type { Inspection } from './inspection.js';

/** The engine's inspection of a container, of which more is there than these types tell. */
export interface ContainerPeek extends Partial<Inspection> {
  readonly Phase: ContainerPhase;
  /** Empty while it runs, then the status; `unknown` if nobody saw it end. */
  readonly Exit: string;
  /** The part of the command that has no effect. */
  readonly Note?: string;
}

/** A container of a member's Docker engine. A signal goes to its first process. */
export class Container extends HeldProgram<ContainerPeek, ContainerPeek> {
  readonly kind = 'docker';

  /** The engine's statistics, as they are now. @throws CircuitError EINTR */
  async stats({ signal }: Interruptible = {}): Promise<unknown> {
    return JSON.parse(await this.files.value('stats', signal));
  }
}
