import type { Element, Kind } from '../kinds/table.js';

/** An element on an anchor. */
export class Placed {
  readonly element: Element;
  readonly directory: Kind;

  constructor(directory: Kind, element: Element) {
    this.directory = directory;
    this.element = element;
  }

  get kind(): string {
    return this.directory.name;
  }

  get alive(): boolean {
    return this.element.alive;
  }
}
