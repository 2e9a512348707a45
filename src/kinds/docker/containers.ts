import { randomBytes } from 'node:crypto';
import { CircuitError, errorMessage, interrupted } from '../../base/error.js';
import { interruptible, within } from '../../base/interruptible.js';
import { Listeners } from '../../base/listeners.js';
import type { Adopt, Host } from '../table.js';
import { asksForLxc, type ContainerCommand } from './command.js';
import { ContainerElement, LXC_NOTE } from './container-element.js';
import { createRequest } from './create-request.js';
import { Engine, EngineError } from './engine.js';
import { isGone } from './engine-container.js';
import { type ContainerEvent, EngineEvents } from './events.js';
import { parseInspection } from './inspection.js';
import { anchorOf, commandOf, labelsOf, MEMBER_LABEL } from './labels.js';
import { LeftOutput } from './left-output.js';

/** Where Docker's own packages have the engine listen. */
const DEFAULT_SOCKET = '/var/run/docker.sock';
/** How often to look whether processes of containers have ended. */
const PROBE_MS = 200;
/** How long a maker that is interrupted waits for the removal of what it has made. */
const UNDO_MS = 1000;
/** How long a maker waits for an engine that answers to tell of its containers. */
const CONNECT_MS = 5000;

/** The exit statuses that the engine notes of a container whose program cannot be started, as env(1). */
const NOT_EXECUTABLE = 126;
const NO_SUCH_PROGRAM = 127;

/** A container as the engine lists it. */
interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
}

/** The containers of a member: those that it makes, and those that an earlier run of its daemon left. */
export class Containers implements AsyncDisposable {
  readonly #host: Host;
  readonly #engine: Engine;
  readonly #adopt: Adopt<ContainerElement>;
  readonly #events: EngineEvents;
  readonly #elements = new Map<string, ContainerElement>();
  readonly #left = new LeftOutput();
  /** Names of containers that are being made, so that they are not taken for left ones. */
  readonly #making = new Map<string, Promise<unknown>>();
  /** Containers that could not become elements, and of which the log tells already. */
  readonly #refused = new Set<string>();
  /** Names of containers that the engine is to remove, and could not. */
  readonly #discarded = new Set<string>();
  readonly #connected = new Listeners();
  #probing: NodeJS.Timeout | undefined;
  #ending = false;

  /**
   * @param option The engine's socket, as `circuit start --docker` was given it.
   * @throws CircuitError EINVAL
   */
  constructor(host: Host, option: string | true | undefined, adopt: Adopt<ContainerElement>) {
    this.#host = host;
    this.#engine = new Engine(socketPath(option));
    this.#adopt = adopt;
    this.#events = new EngineEvents(this.#engine, `${MEMBER_LABEL}=${host.name}`, {
      connected: (again) => {
        if (again) host.log('containers are followed again');
        this.#connected.tellOnce();
        void this.#reconcile();
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
   *   socket), ECONNREFUSED, EINVAL, EINTR; nothing is left in the engine then
   */
  async make(
    path: readonly string[],
    command: ContainerCommand,
    signal?: AbortSignal,
  ): Promise<ContainerElement> {
    if (asksForLxc(command))
      this.#host.log(`/${[this.#host.name, ...path].join('/')}: ${LXC_NOTE}`);
    const name = `circuit-${randomBytes(8).toString('hex')}`;
    // A request to the engine is not called off: its answer tells what is to be removed.
    const making = this.#make(name, path, command, signal);
    const settled = making
      .then(
        // Nobody waits for it any more.
        (element) => (signal?.aborted ? this.#discard(element) : undefined),
        () => undefined,
      )
      .finally(() => this.#making.delete(name));
    this.#making.set(name, settled);
    try {
      return await interruptible(making, signal);
    } catch (error) {
      await within(settled, UNDO_MS, interrupted()).catch(() => undefined);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    clearInterval(this.#probing);
    await Promise.allSettled(this.#making.values());
    this.#events[Symbol.dispose]();
    for (const element of this.#elements.values()) element.release();
  }

  async #make(
    name: string,
    path: readonly string[],
    command: ContainerCommand,
    signal: AbortSignal | undefined,
  ): Promise<ContainerElement> {
    const check = () => {
      if (signal?.aborted || this.#ending) throw interrupted();
    };
    await this.#whenConnected(signal);
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

  /** Removes a container that is to be no element; where the engine cannot be reached, when it is back. */
  async #discard(element: ContainerElement): Promise<void> {
    try {
      await element.scrub();
    } catch (error) {
      this.#host.log(`container ${element.name} is not removed yet: ${errorMessage(error)}`);
      this.#discarded.add(element.name);
      this.#elements.delete(element.id);
      element.release();
    }
  }

  #element(id: string, name: string, command: ContainerCommand): ContainerElement {
    const engine = this.#engine;
    const left = this.#left;
    const forget = () => this.#elements.delete(id);
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
      // Its answer was lost, and it may be there.
      if (!(error instanceof EngineError)) this.#discarded.add(name);
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
      throw error instanceof EngineError ? await this.#explainStart(id, command, error) : error;
    }
  }

  /** The engine notes the exit status that a shell would have; it says the rest in runc's words. */
  async #explainStart(
    id: string,
    { Image, Path, Entry, Dir }: ContainerCommand,
    error: EngineError,
  ): Promise<CircuitError> {
    if (Dir && /mkdir: .*not a directory/i.test(error.message)) {
      const sentence = `${JSON.stringify(Dir)} is not a directory to run in`;
      return new CircuitError('ENOTDIR', sentence, { cause: error });
    }
    const named = Entry ?? Path;
    const program = named === undefined ? "the image's own program" : JSON.stringify(named);
    // A directory that is mounted over a file has the same status.
    if (error.status !== 400 || /mount|not a directory/i.test(error.message)) return error;
    const answer = await this.#engine.request('GET', `/containers/${id}/json`);
    const { ExitCode } = parseInspection(answer).State;
    const image = JSON.stringify(Image);
    if (ExitCode === NO_SUCH_PROGRAM) {
      const sentence = `there is no program ${program} in the image ${image}, or its interpreter is missing`;
      return new CircuitError('ENOENT', sentence, { cause: error });
    }
    if (ExitCode === NOT_EXECUTABLE) {
      const sentence = `${program} of the image ${image} may not be executed`;
      return new CircuitError('EACCES', sentence, { cause: error });
    }
    return error;
  }

  /** The engine tells of the ends of containers. @throws CircuitError why it does not */
  async #whenConnected(signal: AbortSignal | undefined): Promise<void> {
    if (this.#events.connected) return;
    let waiting: Disposable | undefined;
    const connected = new Promise<void>((resolve) => {
      waiting = this.#connected.add(resolve);
    });
    try {
      // It fails as everything would.
      await this.#engine.ask('GET', '/_ping');
      if (this.#events.connected) return;
      const late = new CircuitError(
        'ETIMEDOUT',
        'the Docker engine does not tell of its containers',
      );
      await interruptible(within(connected, CONNECT_MS, late), signal);
    } finally {
      waiting?.[Symbol.dispose]();
    }
  }

  #onEvent({ action, container, exitCode }: ContainerEvent): void {
    this.#elements.get(container)?.on(action, exitCode);
  }

  #probe(): void {
    if (this.#elements.size === 0) {
      clearInterval(this.#probing);
      this.#probing = undefined;
    }
    for (const element of this.#elements.values()) void element.probe();
  }

  /** Brings our elements in line with what the engine has: it was not there, or we were not. */
  async #reconcile(): Promise<void> {
    const known = [...this.#elements.values()];
    try {
      const filters = JSON.stringify({ label: [`${MEMBER_LABEL}=${this.#host.name}`] });
      const path = `/containers/json?all=1&filters=${encodeURIComponent(filters)}`;
      const listed: readonly Listed[] = JSON.parse(await this.#engine.request('GET', path));
      const ids = new Set(listed.map(({ Id }) => Id));
      for (const element of known) if (!ids.has(element.id)) element.gone();
      await Promise.all(listed.map((container) => this.#reconcileOne(container)));
    } catch (error) {
      this.#host.log(`the containers cannot be listed: ${errorMessage(error)}`);
    }
  }

  /** @param container One with this member's label. */
  async #reconcileOne({ Id, Names, State }: Listed): Promise<void> {
    const name = Names[0]?.slice(1) ?? Id;
    try {
      const element = this.#elements.get(Id);
      if (element) await element.reconcile();
      else if (!this.#making.has(name) && !this.#ending) await this.#takeOver(Id, name, State);
    } catch (error) {
      if (!isGone(error))
        this.#host.log(`container ${name} cannot be followed: ${errorMessage(error)}`);
    }
  }

  /** Makes an element of a container that an earlier run of the daemon left. */
  async #takeOver(id: string, name: string, state: string): Promise<void> {
    if (state === 'removing' || this.#refused.has(id)) return;
    const inspection = parseInspection(await this.#engine.request('GET', `/containers/${id}/json`));
    const { Config, State } = inspection;
    const command = commandOf(Config.Labels, Config.Env ?? []);
    // It was never started, or was to go when it ends.
    const unwanted = State.Status === 'created' || this.#discarded.has(name);
    if (unwanted || (!State.Running && command.Scrub)) {
      await this.#engine.request('DELETE', `/containers/${id}?force=1&v=1`);
      this.#discarded.delete(name);
      this.#host.log(`container ${name} was left behind, and has been removed`);
      return;
    }
    const path = anchorOf(Config.Labels);
    const anchor = `/${[this.#host.name, ...path].join('/')}`;
    const element = this.#element(id, name, command);
    try {
      await this.#adopt(path, element);
    } catch (error) {
      this.#elements.delete(id);
      element.release();
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

/** @throws CircuitError EINVAL */
function socketPath(option: string | true | undefined): string {
  if (option === undefined || option === true) return DEFAULT_SOCKET;
  const path = option.replace(/^unix:\/\//, '');
  if (path.startsWith('/')) return path;
  throw new CircuitError(
    'EINVAL',
    `--docker takes the path of a Docker engine's socket, such as ${DEFAULT_SOCKET}, not ${option}`,
  );
}
