import type { Files } from './control-file.js';
import { textOf } from './streams.js';

/** How an element ended. Its file `wait` gives JSON with these keys, and with others that its kind has. */
export interface Ended {
  /** `exited` or `signaled`. */
  readonly Phase: string;
  /** The exit status, or the name of the signal that ended it. */
  readonly Exit: string;
}

/** The content of the file `wait` of an element, when it has ended. */
export async function ended<T extends Ended>(files: Files): Promise<T> {
  return JSON.parse(await textOf(files.source('wait')));
}
