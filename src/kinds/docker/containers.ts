import { randomBytes } from 'node:crypto';
import { CircuitError, errorCode, errorMessage, interrupted } from '../../base/error.js';
import { interruptible, within } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import type { Adopt, Host } from '../table.js';
import { asksForLxc, type ContainerCommand } from './command.js';
import { ContainerElement } from './container-element.js';
import { createRequest } from './create-request.js';
import { Engine, EngineError, type EngineLimits } from './engine.js';
import { isGone } from './engine-container.js';
import { type ContainerEvent, EngineEvents } from './events.js';
import { parseInspection } from './inspection.js';
import { LXC_NOTE } from './inspector.js';
import { labelsOf, MEMBER_LABEL } from './labels.js';
import { LeftContainers, type ListedContainer, nameOf } from './left-containers.js';
import { LeftOutput } from './left-output.js';
import { socketPath } from './socket-option.js';
import { startError } from './start-errors.js';
import { UnwantedContainers } from './unwanted-containers.js';

/** How often to look whether processes of containers have ended. */
const PROBE_MS = 200;
/** How long a maker that gives up waits for the removal of what it has made. */
const UNDO_MS = 1000;
/** How long a maker waits for an engine that answers to tell of its containers. */
const CONNECT_MS = 5000;

/** The containers of a member: those that it makes, and those that an earlier run of its daemon left. */
export class Containers implements AsyncDisposable {
  readonly #host: Host;
  readonly #engine: Engine;
  readonly #events: EngineEvents;
  readonly #left: LeftContainers;
  readonly #unwanted: UnwantedContainers;
  readonly #elements = new Map<string, ContainerElement>();
  readonly #leftOutput = new LeftOutput();
  /** Names of containers that are being made, so that they are not taken for left ones. */
  readonly #making = new Map<string, Promise<unknown>>();
  readonly #connected = new Listeners();
  #probing: NodeJS.Timeout | undefined;
  #ending = false;

  /**
   * @param option The engine's socket, as `circuit start --docker` was given it.
   * @throws CircuitError EINVAL
   */
  constructor(
    host: Host,
    option: string | true | undefined,
    adopt: Adopt<ContainerElement>,
    limits?: EngineLimits,
  ) {
    this.#host = host;
    const engine = new Engine(socketPath(option), limits);
    this.#engine = engine;
    this.#unwanted = new UnwantedContainers(engine, host);
    const element = this.#element.bind(this);
    this.#left = new LeftContainers({ engine, host, adopt, element });
    this.#events = new EngineEvents(engine, `${MEMBER_LABEL}=${host.name}`, {
      connected: (again) => {
        if (again) host.log('containers are followed again');
        this.#connected.tellOnce();
        void this.#reconcileAll();
      },
      lost: (why) => {
        host.log(`containers cannot be followed now: ${why}`);
        for (const element of this.#elements.values()) element.engineLost();
      },
      event: (event) => this.#onEvent(event),
    });
  }

  /**
   * Makes a container and starts it.
   * @throws CircuitError ENOENT (the image, the program, no engine), EACCES (the program, the engine's
   *   socket), ECONNREFUSED, EINVAL, EINTR, ETIMEDOUT (the engine); nothing is left in the engine then, or
   *   as soon as it answers
   */
  async make(
    path: readonly string[],
    command: ContainerCommand,
    signal?: AbortSignal,
  ): Promise<ContainerElement> {
    if (asksForLxc(command))
      this.#host.log(`/${[this.#host.name, ...path].join('/')}: ${LXC_NOTE}`);
    const name = `circuit-${randomBytes(8).toString('hex')}`;
    const givenUp = new AbortController();
    const making = this.#make(name, path, command, givenUp.signal);
    this.#making.set(name, making);
    try {
      const element = await this.#engine.inTime(interruptible(making, signal), 'changeMs');
      this.#making.delete(name);
      return element;
    } catch (error) {
      givenUp.abort();
      // A request to the engine is not called off: its answer tells what is to be removed.
      const undone = making.then((late) => this.#discard(late)).catch(() => undefined);
      this.#making.set(name, undone);
      void undone.then(() => this.#making.delete(name));
      await within(undone, UNDO_MS, interrupted()).catch(() => undefined);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    clearInterval(this.#probing);
    await Promise.allSettled(this.#making.values());
    this.#events[Symbol.dispose]();
    this.#unwanted[Symbol.dispose]();
    for (const element of this.#elements.values()) element.release();
  }

  /** @param givenUp Nobody waits for it any more. */
  async #make(
    name: string,
    path: readonly string[],
    command: ContainerCommand,
    givenUp: AbortSignal,
  ): Promise<ContainerElement> {
    const check = () => {
      if (givenUp.aborted || this.#ending) throw interrupted();
    };
    await interruptible(this.#whenConnected(), givenUp);
    check();
    const id = await this.#create(name, path, command);
    const element = this.#element(id, name, command);
    try {
      check();
      await element.attach();
      check();
      await this.#start(id, command);
      element.started();
      return element;
    } catch (error) {
      await this.#discard(element);
      throw error;
    }
  }

  /** Removes a container that is to be no element; where the engine does not do so now, when it does. */
  async #discard(element: ContainerElement): Promise<void> {
    try {
      await element.scrub();
    } catch (error) {
      element.abandon();
      this.#unwanted.add(element.id, element.name, error);
    }
  }

  #element(id: string, name: string, command: ContainerCommand): ContainerElement {
    const engine = this.#engine;
    const forget = () => this.#elements.delete(id);
    const left = this.#leftOutput;
    const element = new ContainerElement({ engine, id, name, command, left, forget });
    this.#elements.set(id, element);
    this.#probing ??= setInterval(() => this.#probe(), PROBE_MS).unref();
    return element;
  }

  async #create(name: string, path: readonly string[], command: ContainerCommand): Promise<string> {
    const labels = labelsOf(this.#host.name, path, command);
    const request = createRequest(command, labels);
    try {
      const answer = await this.#engine.request('POST', `/containers/create?name=${name}`, request);
      return parseInspection(answer).Id;
    } catch (error) {
      // The connection broke off: it may be there.
      const isLost = !(error instanceof EngineError) && errorCode(error) === 'EIO';
      if (isLost) this.#unwanted.add(name, name, error);
      if (!isGone(error)) throw error;
      const image = JSON.stringify(command.Image);
      throw new CircuitError(
        'ENOENT',
        `the Docker engine has no image ${image}: docker pull gets it from a registry`,
        { cause: error },
      );
    }
  }

  async #start(id: string, command: ContainerCommand): Promise<void> {
    try {
      await this.#engine.request('POST', `/containers/${id}/start`);
    } catch (error) {
      throw error instanceof EngineError
        ? await startError(this.#engine, id, command, error)
        : error;
    }
  }

  /** The engine answers, and tells of the ends of containers. @throws CircuitError why it does not */
  async #whenConnected(): Promise<void> {
    let waiting: Disposable | undefined;
    const connected = new Promise<void>((resolve) => {
      waiting = this.#connected.add(resolve);
    });
    try {
      // It fails as everything would.
      await this.#engine.checkAnswers();
      if (this.#events.connected) return;
      const sentence = 'the Docker engine does not tell of its containers';
      await within(connected, CONNECT_MS, () => new CircuitError('ETIMEDOUT', sentence));
    } finally {
      waiting?.[Symbol.dispose]();
    }
  }

  #onEvent({ action, container, exitCode }: ContainerEvent): void {
    this.#elements.get(container)?.on(action, exitCode);
  }

  /** The engine tells late that a process has ended. */
  #probe(): void {
    if (this.#elements.size === 0) {
      clearInterval(this.#probing);
      this.#probing = undefined;
    }
    for (const element of this.#elements.values()) void element.probe();
  }

  /** Brings our elements in line with what the engine has: it was not there, or we were not. */
  async #reconcileAll(): Promise<void> {
    const known = [...this.#elements.values()];
    try {
      const filters = JSON.stringify({ label: [`${MEMBER_LABEL}=${this.#host.name}`] });
      const path = `/containers/json?all=1&filters=${encodeURIComponent(filters)}`;
      const listed: readonly ListedContainer[] = JSON.parse(
        await this.#engine.request('GET', path),
      );
      const ids = new Set(listed.map(({ Id }) => Id));
      for (const element of known) if (!ids.has(element.id)) element.gone();
      await Promise.all(listed.map((container) => this.#reconcile(container)));
    } catch (error) {
      this.#host.log(`the containers cannot be listed: ${errorMessage(error)}`);
    }
  }

  /** @param container One with this member's label. */
  async #reconcile(container: ListedContainer): Promise<void> {
    const { Id } = container;
    const name = nameOf(container);
    const isOthers = [Id, name].some((each) => this.#making.has(each) || this.#unwanted.has(each));
    try {
      const element = this.#elements.get(Id);
      if (element) await element.reconcile();
      else if (!isOthers && !this.#ending) await this.#left.takeOver(container);
    } catch (error) {
      if (!isGone(error))
        this.#host.log(`container ${name} cannot be followed: ${errorMessage(error)}`);
    }
  }
}
