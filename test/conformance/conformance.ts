/** The cases of all themes, in the order of the table. */
import type { Theme } from './case.js';
import { controlFiles } from './cases/control-files.js';

export const THEMES: readonly Theme[] = [controlFiles];
