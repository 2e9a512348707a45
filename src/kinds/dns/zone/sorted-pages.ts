interface Ordered {
  /** Differs from that of all others. */
  readonly order: string;
}

/** A page that has become longer is split. */
const MAX_PAGE = 512;

/** Many in their order, in pages: in one long array, each that comes or goes would move thousands. */
export class SortedPages<T extends Ordered> {
  /** No page is empty, but if there is nothing at all. */
  readonly #pages: T[][] = [[]];

  /** All of them, in their order. */
  all(): T[] {
    return this.#pages.flat();
  }

  insert(added: T): void {
    const { page, index } = this.#pageOf(added);
    const place = countWhile(page, ({ order }) => order < added.order);
    page.splice(place, 0, added);
    if (page.length > MAX_PAGE) this.#pages.splice(index + 1, 0, page.splice(MAX_PAGE / 2));
  }

  remove(gone: T): void {
    const { page, index } = this.#pageOf(gone);
    page.splice(page.indexOf(gone), 1);
    if (page.length === 0 && this.#pages.length > 1) this.#pages.splice(index, 1);
  }

  /** The last page that begins with it or before it, or the first one. */
  #pageOf({ order }: T): { page: T[]; index: number } {
    const count = countWhile(this.#pages, ([first]) => first !== undefined && first.order <= order);
    const index = Math.max(0, count - 1);
    return { page: this.#pages[index] ?? [], index };
  }
}

/** How many at the beginning are so, where all others are not: found in a few steps. */
function countWhile<T>(sorted: readonly T[], isSo: (each: T) => boolean): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const each = sorted[middle];
    if (each !== undefined && isSo(each)) from = middle + 1;
    else to = middle;
  }
  return from;
}
