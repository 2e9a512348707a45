/** The cases of all themes, in the order of the table. */
import type { Theme } from './case.js';
import { controlFiles } from './cases/control-files.js';
import { errnos } from './cases/errnos.js';
import { exactlyOnce } from './cases/exactly-once.js';
import { nonblocking } from './cases/nonblocking.js';
import { opening } from './cases/opening.js';
import { poll } from './cases/poll.js';
import { refused } from './cases/refused.js';
import { signals } from './cases/signals.js';

export const THEMES: readonly Theme[] = [
  controlFiles,
  opening,
  errnos,
  nonblocking,
  poll,
  signals,
  exactlyOnce,
  refused,
];
