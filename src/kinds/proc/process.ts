import { HeldProgram } from '../held-program.js';
import type { ProcessPeek } from './process-element.js';

/** A process that runs on a member, or has ended there. */
export class Process extends HeldProgram<ProcessPeek, ProcessPeek> {
  readonly kind = 'proc';
}
