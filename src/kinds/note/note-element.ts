import { CircuitError } from '../../base/error.js';
import type { Source } from '../control-file.js';
import { LateText } from '../late-text.js';
import type { Element } from '../table.js';

/** A text that has not been written yet. */
interface Awaited {
  readonly text: Promise<string>;
  readonly write: (text: string) => void;
  readonly giveUp: (error: CircuitError) => void;
}

/** A text that every program can set, read, and wait for. */
export class NoteElement implements Element {
  /** Only scrub ends a note. */
  readonly alive = true;
  #text: string;
  #next = awaited();

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }

  set(text: string): void {
    this.#text = text;
    const { write } = this.#next;
    this.#next = awaited();
    write(text);
  }

  /** The first text that is set from now on. @throws CircuitError ENODATA (the note was scrubbed) */
  next(): Source {
    const text = this.#next.text.then((next) => `${next}\n`);
    let isThere = false;
    const note = () => {
      isThere = true;
    };
    text.then(note, note);
    return new LateText(
      () => isThere,
      () => text,
    );
  }

  async scrub(): Promise<void> {
    this.#next.giveUp(new CircuitError('ENODATA', 'the note was scrubbed'));
  }
}

function awaited(): Awaited {
  let write: Awaited['write'] = () => {};
  let giveUp: Awaited['giveUp'] = () => {};
  const text = new Promise<string>((resolve, reject) => {
    write = resolve;
    giveUp = reject;
  });
  // Nobody may wait for it.
  text.catch(() => {});
  return { text, write, giveUp };
}
