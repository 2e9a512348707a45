import { errorMessage } from '../../base/error.js';
import type { Adopt, Host } from '../table.js';
import type { ContainerCommand } from './command.js';
import type { ContainerElement } from './container-element.js';
import type { Engine } from './engine.js';
import { parseInspection } from './inspection.js';
import { anchorOf, commandOf } from './labels.js';

/** A container as the engine lists it. */
export interface ListedContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
}

/** Its name, without the slash with which the engine lists it. */
export function nameOf({ Id, Names }: ListedContainer): string {
  return Names[0]?.slice(1) ?? Id;
}

/** The containers that an earlier run of the daemon left: they are elements again, or are removed. */
export class LeftContainers {
  readonly #engine: Engine;
  readonly #host: Host;
  readonly #adopt: Adopt<ContainerElement>;
  readonly #element: (id: string, name: string, command: ContainerCommand) => ContainerElement;
  /** Containers that could not become elements, and of which the log tells already. */
  readonly #refused = new Set<string>();

  /** @param parts `element` makes the element of a container, which is followed from then on. */
  constructor(parts: {
    readonly engine: Engine;
    readonly host: Host;
    readonly adopt: Adopt<ContainerElement>;
    readonly element: (id: string, name: string, command: ContainerCommand) => ContainerElement;
  }) {
    this.#engine = parts.engine;
    this.#host = parts.host;
    this.#adopt = parts.adopt;
    this.#element = parts.element;
  }

  /** @throws CircuitError The engine refuses, or does not answer. */
  async takeOver(container: ListedContainer): Promise<void> {
    const { Id, State } = container;
    if (State === 'removing' || this.#refused.has(Id)) return;
    const name = nameOf(container);
    const answer = await this.#engine.request('GET', `/containers/${Id}/json`);
    const { Config, State: state } = parseInspection(answer);
    const command = commandOf(Config.Labels, Config.Env ?? []);
    // It was never started, or was to go when it ends.
    if (state.Status === 'created' || (!state.Running && command.Scrub)) {
      await this.#engine.remove(Id);
      this.#host.log(`container ${name} was left behind, and has been removed`);
      return;
    }
    await this.#place(anchorOf(Config.Labels), this.#element(Id, name, command));
  }

  async #place(path: readonly string[], element: ContainerElement): Promise<void> {
    const anchor = `/${[this.#host.name, ...path].join('/')}`;
    const { id, name } = element;
    try {
      await this.#adopt(path, element);
    } catch (error) {
      element.abandon();
      this.#refused.add(id);
      this.#host.log(
        `container ${name} was ${anchor}, and is no element: ${errorMessage(error)}; docker rm -f ${name} removes it`,
      );
      return;
    }
    element.started();
    await element.reconcile();
    this.#host.log(`${anchor} is container ${name} again, which an earlier run left`);
  }
}
