import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import Modem from 'docker-modem';
import { CircuitError, errorCode, errorMessage } from '../../base/error.js';
import { within } from '../../base/interruptible.js';

/** The answer of the engine to a request that it refused. */
export class EngineError extends CircuitError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(ERRNO[status] ?? 'EIO', message);
    this.status = status;
  }
}

type Method = 'GET' | 'POST' | 'DELETE';

/** How long an engine may take, in milliseconds. */
export interface EngineLimits {
  /** For what it has only to look up, and for a connection to a stream. */
  readonly answerMs: number;
  /** To make, to start or to remove a container. */
  readonly changeMs: number;
}

/** Another member waits for us for 5 s. A busy disk takes seconds to make a container, and more to copy a large image. */
const LIMITS: EngineLimits = { answerMs: 4000, changeMs: 60_000 };

/** As the engine uses the status codes of HTTP. */
const ERRNO: Readonly<Record<number, 'EINVAL' | 'ENOENT' | 'EBUSY'>> = {
  400: 'EINVAL',
  404: 'ENOENT',
  409: 'EBUSY',
};

/** The modem makes errors of other codes: we make our own. */
const EVERY_STATUS: Readonly<Record<number, true>> = Object.fromEntries(
  Array.from({ length: 500 }, (_, index) => [100 + index, true] as const),
);

/**
 * A Docker Engine behind its socket. Requests bear no version of the API: so every engine answers.
 * @see https://docs.docker.com/reference/api/engine/
 */
export class Engine {
  readonly socket: string;
  readonly #limits: EngineLimits;
  readonly #modem: Modem;

  /** @param socket The path of the engine's socket. */
  constructor(socket: string, limits = LIMITS) {
    this.socket = socket;
    this.#limits = limits;
    this.#modem = withoutDockerHost(
      () =>
        new Modem({
          socketPath: socket,
          host: undefined,
          protocol: 'http',
          timeout: undefined,
          // A connection that is kept may be closed by the engine just when it is used again.
          headers: { Connection: 'close' },
        }),
    );
  }

  /**
   * The text of the engine's answer, whenever it comes.
   * @throws EngineError; CircuitError ENOENT, ECONNREFUSED or EACCES (the socket)
   */
  async request(method: Method, path: string, body?: object): Promise<string> {
    return await text(await this.open(method, path, body));
  }

  /** As {@link request}, of what an engine that works answers soon. @throws CircuitError ETIMEDOUT */
  async ask(method: Method, path: string): Promise<string> {
    const late = new AbortController();
    try {
      return await this.inTime(this.open(method, path, undefined, late.signal).then(text));
    } catch (error) {
      // The connection would stay until the engine answers.
      late.abort();
      throw error;
    }
  }

  /** Whether it answers at all: one that hangs would keep what it is to change for when it goes on. @throws as {@link ask} */
  async checkAnswers(): Promise<void> {
    await this.ask('GET', '/_ping');
  }

  /**
   * Kills a container and removes it, with its anonymous volumes. An engine that is late may do so yet.
   * @param container Its id, or its name.
   * @throws EngineError (404: there is none; 409: its removal is in progress); CircuitError ETIMEDOUT
   */
  async remove(container: string): Promise<void> {
    await this.inTime(this.request('DELETE', `/containers/${container}?force=1&v=1`), 'changeMs');
  }

  /** Waits for an answer of the engine, but not for ever. @throws CircuitError ETIMEDOUT */
  async inTime<T>(answer: Promise<T>, limit: keyof EngineLimits = 'answerMs'): Promise<T> {
    const seconds = this.#limits[limit] / 1000;
    const sentence = `the Docker engine on ${this.socket} has not answered within ${seconds} s`;
    return await within(answer, 1000 * seconds, () => new CircuitError('ETIMEDOUT', sentence));
  }

  /** As {@link request}, but as the answer comes. */
  async open(
    method: Method,
    path: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const answer = await this.#dial(method, path, body, false, signal);
    if (answer instanceof Socket) throw new CircuitError('EPROTO', 'the engine gave no answer');
    if (isRefusal(answer)) throw await refusal(answer);
    return answer;
  }

  /** A connection to streams of a container. @param query Which of them. @throws as {@link request} */
  async attach(container: string, query: string): Promise<Socket> {
    const path = `/containers/${container}/attach?stream=1&${query}`;
    const answer = await this.#dial('POST', path, undefined, true);
    if (answer instanceof Socket) return answer;
    throw await refusal(answer);
  }

  #dial(
    method: Method,
    path: string,
    body: object | undefined,
    hijack: boolean,
    abortSignal?: AbortSignal,
  ): Promise<IncomingMessage | Socket> {
    const request = {
      path,
      method,
      options: { _query: {}, _body: body ?? {} },
      statusCodes: EVERY_STATUS,
      isStream: true,
      hijack,
      abortSignal,
    } as const;
    return new Promise((resolve, reject) => {
      this.#modem.dial(request, (error, answer) => {
        if (error) reject(this.#explain(error));
        else resolve(answer);
      });
    });
  }

  #explain(error: Error): CircuitError {
    const { socket } = this;
    const sentences: Record<string, CircuitError> = {
      ENOENT: new CircuitError('ENOENT', `no Docker engine: there is no socket ${socket}`),
      ECONNREFUSED: new CircuitError('ECONNREFUSED', `no Docker engine listens on ${socket}`),
      EACCES: new CircuitError('EACCES', `the daemon may not use the Docker engine's ${socket}`),
    };
    const known = sentences[errorCode(error) ?? ''];
    if (known) return known;
    return new CircuitError('EIO', `the Docker engine on ${socket}: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

/**
 * The modem reads DOCKER_HOST, and with it DOCKER_CERT_PATH and others, also where it is given a socket, and
 * throws where they are wrong. They are for Docker's own client.
 */
function withoutDockerHost<T>(make: () => T): T {
  const { DOCKER_HOST } = process.env;
  delete process.env.DOCKER_HOST;
  try {
    return make();
  } finally {
    if (DOCKER_HOST !== undefined) process.env.DOCKER_HOST = DOCKER_HOST;
  }
}

/** 304 tells that the container is in that state already. */
function isRefusal({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode !== 304 && (statusCode < 200 || statusCode >= 300);
}

async function refusal(answer: IncomingMessage): Promise<EngineError> {
  const said = await text(answer);
  return new EngineError(answer.statusCode ?? 0, `the Docker engine says: ${sentenceOf(said)}`);
}

/** The engine's `{"message": …}`; messages can end in a blank or a full stop. */
function sentenceOf(answer: string): string {
  try {
    const parsed: unknown = JSON.parse(answer);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) {
      return String(parsed.message).trim();
    }
  } catch {
    // It is no JSON, and shown as it is.
  }
  return answer.trim() || 'nothing';
}
