/** The cases of all themes, in the order of the table. */
import type { Theme } from './case.js';
import { controlFiles } from './cases/control-files.js';
import { directories } from './cases/directories.js';
import { errnos } from './cases/errnos.js';
import { exactlyOnce } from './cases/exactly-once.js';
import { inotify } from './cases/inotify.js';
import { languages } from './cases/languages.js';
import { namespaces } from './cases/namespaces.js';
import { nonblocking } from './cases/nonblocking.js';
import { opening } from './cases/opening.js';
import { poll } from './cases/poll.js';
import { refused } from './cases/refused.js';
import { signals } from './cases/signals.js';
import { tools } from './cases/tools.js';
import { unmountings } from './cases/unmounting.js';

export const THEMES: readonly Theme[] = [
  controlFiles,
  opening,
  errnos,
  nonblocking,
  poll,
  signals,
  exactlyOnce,
  refused,
  directories,
  inotify,
  namespaces,
  unmountings,
  tools,
  languages,
];
