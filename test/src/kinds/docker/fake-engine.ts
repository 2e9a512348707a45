import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { json, text } from 'node:stream/consumers';
import { Janitor } from '../../../janitor.js';

interface FakeContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Labels: Record<string, string>;
  readonly Env: readonly string[];
  State: string;
}

/** As much of an engine as a container's life needs, where the real one cannot be made late or be gone. */
export class FakeEngine implements AsyncDisposable {
  readonly socket: string;
  readonly containers = new Map<string, FakeContainer>();
  /** What was asked, as `POST create`. */
  readonly asked: string[] = [];
  /** Requests that begin so, as `POST create`, wait for this. */
  readonly held = new Map<string, Promise<void>>();
  /** Requests that are refused, as `DELETE id1`, and the status. */
  readonly refused = new Map<string, number>();
  /** The process of every container. */
  pid = 0;
  /** What was written to the standard inputs that were attached, each until its end. */
  readonly inputs: Promise<string>[] = [];
  /** Whether containers read their standard inputs. */
  readsInputs = true;
  /** How many bytes were written to each output. */
  written = 0;
  readonly #outputs = new Set<Duplex>();
  readonly #inputs = new Set<Duplex>();
  readonly #ends: (() => unknown)[] = [];
  readonly #connections = new Set<Duplex>();
  readonly #events = new Set<ServerResponse>();
  #server = createServer();
  #ids = 0;

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine();
    await engine.listen();
    return engine;
  }

  private constructor() {
    // Nothing of it is left where the test is interrupted, either.
    const janitor = new Janitor({ teardown: (finish) => this.#ends.push(finish) });
    this.socket = join(janitor.directory, 'docker.sock');
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    server.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.on('close', () => this.#connections.delete(socket));
    });
    server.on('upgrade', (request, socket) => void this.#attach(request.url ?? '', socket));
    await new Promise<void>((resolve) => server.listen(this.socket, resolve));
  }

  /** It goes as if it was killed: its containers stay as they are. */
  async stop(): Promise<void> {
    this.#events.clear();
    for (const socket of this.#connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** It hangs, as one that is stopped or waits for a disk. @returns Has it go on. */
  freeze(...requests: string[]): () => void {
    let goOn = () => {};
    const frozen = new Promise<void>((resolve) => (goOn = resolve));
    for (const request of requests) this.held.set(request, frozen);
    return () => {
      for (const request of requests) this.held.delete(request);
      goOn();
    };
  }

  /** Tells what happened. */
  tell(Action: string, ID: string, Attributes: object = {}): void {
    for (const stream of this.#events) {
      stream.write(`${JSON.stringify({ Type: 'container', Action, Actor: { ID, Attributes } })}\n`);
    }
  }

  /** Writes to all outputs, in a frame. */
  write(text: string): void {
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(text.length, 4);
    for (const socket of this.#outputs) socket.write(Buffer.concat([header, Buffer.from(text)]));
    this.written += text.length;
  }

  endOutputs(): void {
    for (const socket of this.#outputs) socket.end();
  }

  /** As where containers have closed their standard inputs. */
  endInputs(): void {
    for (const socket of this.#inputs) socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const end of this.#ends) await end();
  }

  async #attach(url: string, socket: Duplex): Promise<void> {
    const isInput = url.includes('stdin=1');
    const what = isInput ? 'POST attach input' : 'POST attach';
    this.asked.push(what);
    await this.held.get(what);
    const status = this.refused.get(what);
    if (status) {
      const said = '{"message":"container is paused"}';
      const head = `HTTP/1.1 ${status} Refused\r\nContent-Length: ${said.length}\r\n`;
      return void socket.end(`${head}Connection: close\r\n\r\n${said}`);
    }
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    if (isInput) {
      this.#inputs.add(socket);
      if (this.readsInputs) this.inputs.push(text(socket).catch(() => ''));
    } else this.#outputs.add(socket);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const { pathname, searchParams } = new URL(url, 'http://engine');
    const [, , id = '', act = ''] = pathname.split('/');
    const what = `${method} ${act || id || pathname.slice(1)}`;
    this.asked.push(what);
    const container = this.containers.get(id);
    const reply = (status: number, body?: object) => {
      response.writeHead(status).end(body ? JSON.stringify(body) : '');
    };
    if (what === 'GET events') {
      this.#events.add(response);
      return void response.writeHead(200).flushHeaders();
    }
    if (what === 'POST create') {
      const { Labels, Env = [] } = (await json(request)) as FakeContainer;
      await this.held.get(what);
      this.#ids += 1;
      const Id = `id${this.#ids}`;
      const Names = [`/${searchParams.get('name')}`];
      this.containers.set(Id, { Id, Names, Labels, Env, State: 'created' });
      return reply(201, { Id });
    }
    await this.held.get(what);
    const refused = this.refused.get(what);
    if (refused) return reply(refused, { message: 'not now' });
    if (what === 'GET _ping') return reply(200);
    if (what === 'GET json' && id === 'json') return reply(200, [...this.containers.values()]);
    if (!container) return reply(404, { message: 'No such container' });
    if (method === 'DELETE') {
      this.containers.delete(id);
      this.tell('die', id, { exitCode: '137' });
      this.tell('destroy', id);
    }
    if (act === 'start') container.State = 'running';
    if (act !== 'json') return reply(204);
    const { Names, Labels, Env, State } = container;
    const Running = State === 'running';
    reply(200, {
      Id: id,
      Name: Names[0],
      State: {
        Status: State,
        Running,
        Paused: false,
        OOMKilled: false,
        Pid: this.pid,
        ExitCode: 7,
      },
      Config: { Labels, Env },
    });
  }
}
