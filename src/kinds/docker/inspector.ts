import { asksForLxc, type ContainerCommand } from './command.js';
import type { ContainerLife } from './container-life.js';
import { type EngineContainer, isGone } from './engine-container.js';
import { indentedJson } from './indented-json.js';
import { type Inspection, parseInspection } from './inspection.js';

export const LXC_NOTE = '"Lxc" has no effect: no engine has LXC any more';

/** The facts of a container that do not change. */
interface Identity {
  readonly id: string;
  readonly name: string;
  readonly command: ContainerCommand;
}

/** Asks the engine how a container is, and keeps its last word. */
export class ContainerInspector {
  readonly #identity: Identity;
  readonly #container: EngineContainer;
  readonly #life: ContainerLife;
  #last: string | undefined;

  constructor(identity: Identity, container: EngineContainer, life: ContainerLife) {
    this.#identity = identity;
    this.#container = container;
    this.#life = life;
  }

  /** @throws EngineError; CircuitError ETIMEDOUT */
  async inspect(): Promise<Inspection> {
    return this.#inspected(await this.#container.inspect());
  }

  /** As {@link inspect}, but however long the engine takes. */
  async inspectPatiently(): Promise<Inspection> {
    return this.#inspected(await this.#container.inspectPatiently());
  }

  /** The engine's inspection as JSON, with our `Phase` and `Exit` before it. */
  async peek(): Promise<string> {
    if (this.#life.phase !== 'removed') {
      try {
        await this.inspect();
      } catch (error) {
        // The facts that are known of its end are shown, also where the engine has ended with it.
        if (this.#life.alive && !isGone(error)) throw error;
      }
    }
    return this.#lastWord();
  }

  #lastWord(): string {
    const { id, name, command } = this.#identity;
    const { phase, exit } = this.#life;
    const note = asksForLxc(command) ? { Note: LXC_NOTE } : {};
    const ours = JSON.stringify({ Phase: phase, Exit: exit, ...note });
    const { Image } = command;
    const theirs = this.#last ?? JSON.stringify({ Id: id, Name: `/${name}`, Config: { Image } });
    return indentedJson(`${ours.slice(0, -1)},${theirs.trim().slice(1)}`);
  }

  #inspected(text: string): Inspection {
    this.#last = text;
    const inspection = parseInspection(text);
    // The engine's own note is of its first process alone.
    if (inspection.State.OOMKilled) this.#life.runOutOfMemory();
    return inspection;
  }
}
