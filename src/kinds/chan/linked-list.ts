/** An item of a list; it is in one at a time. */
export interface Linked<Item> {
  previous?: Item | undefined;
  next?: Item | undefined;
}

/** A list from whose middle items are removed as quickly as from its ends. */
export class LinkedList<Item extends Linked<Item>> {
  #first: Item | undefined;
  #last: Item | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: Item): void {
    item.previous = this.#last;
    if (this.#last) this.#last.next = item;
    else this.#first = item;
    this.#last = item;
    this.#length += 1;
  }

  /** @param item Is in this list. */
  remove(item: Item): void {
    const { previous, next } = item;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    item.previous = undefined;
    item.next = undefined;
    this.#length -= 1;
  }

  /** The item that was given last may be removed meanwhile. */
  *[Symbol.iterator](): Generator<Item> {
    for (let item = this.#first, next: Item | undefined; item; item = next) {
      next = item.next;
      yield item;
    }
  }
}
