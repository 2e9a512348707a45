/** Holds a link as long as the protocol wants it to stand. */
export class Standing {
  readonly #kept: Disposable[] = [];
  ended = false;

  keep(kept: Disposable): void {
    this.#kept.push(kept);
  }

  end(): void {
    this.ended = true;
    for (const kept of this.#kept.splice(0)) kept[Symbol.dispose]();
  }
}
