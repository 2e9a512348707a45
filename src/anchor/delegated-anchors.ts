import type { AnchorEntry, AnchorPath, AnchorView } from './circuit.js';

/** The most anchors of one member that are kept: more than the longest listing has (20,000). */
const MAX_KNOWN = 25_000;

/** The anchors that a member has told of, by path, and has not recalled. */
export class DelegatedAnchors {
  readonly #entries = new Map<string, AnchorEntry>();

  get(path: AnchorPath): AnchorEntry | undefined {
    return this.#entries.get(keyOf(path));
  }

  add(path: AnchorPath, entry: AnchorEntry): void {
    if (this.#entries.size >= MAX_KNOWN) this.#entries.clear();
    this.#entries.set(keyOf(path), entry);
  }

  addView(path: AnchorPath, { anchors, ...entry }: AnchorView): void {
    this.add(path, entry);
    for (const { name, ...below } of anchors) this.add([...path, name], below);
  }
}

/** No name has a slash. */
function keyOf(path: AnchorPath): string {
  return path.join('/');
}
