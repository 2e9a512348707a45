/** Serves a file system: reads requests from the device, and writes replies and notifications. */
import { constants } from 'node:os';
import { deferred, isPromise, withTimeout } from './awaitable.js';
import { interruptionOf } from './conversation/asking-thread.js';
import { Notifications } from './conversation/notifications.js';
import { type Answer, Replies } from './conversation/replies.js';
import { Request } from './conversation/request.js';
import { codeOf, errnoOf, errorWith } from './errno.js';
import { OpenFiles } from './files/open-files.js';
import { WriteBuffers } from './files/write-buffers.js';
import { type Inode, InodeTable } from './inodes/inode-table.js';
import type { Awaitable, Directory } from './node.js';
import type { Owner, Server } from './operations/operation.js';
import { type Operation, operationOf } from './operations/table.js';
import { Opcode } from './wire/constants.js';
import type { Device } from './wire/device.js';
import { MAX_WRITE, negotiate } from './wire/initialization.js';
import { type Init, Message } from './wire/request.js';
import { DecodeError } from './wire/struct.js';
import { InHeader } from './wire/structs.js';

const { EINTR, EIO, ENOTCONN } = constants.errno;

/** Requests served in one turn of the event loop; then timers and sockets have their turn. */
const REQUESTS_PER_TURN = 64;

/** The time after which we look again at a request that a signal did not interrupt. */
const NEXT_LOOK_MS = 20;

/** The longest time that a notification may block in the kernel while the connection ends. */
const LONGEST_END_MS = 1000;

export interface ConnectionOptions extends Owner {
  /** Receives errors that no program can be told: those without an errno, and malformed requests. */
  readonly onError: (error: unknown) => void;
}

interface Pending {
  readonly request: Request;
  readonly operation: Operation;
  readonly inode: Inode | undefined;
}

/** How much a connection holds for its kernel. */
export interface Held {
  /** The kernel knows these; the root is one of them. */
  readonly inodes: number;
  readonly openFiles: number;
  /** Requests that are not answered yet. */
  readonly requests: number;
}

export class FuseConnection {
  readonly #device: Device;
  readonly #onError: (error: unknown) => void;
  readonly #server: Server;
  readonly #replies: Replies;
  readonly #pending = new Map<number, Pending>();
  readonly #message = new Message(Buffer.alloc(MAX_WRITE + 4096));
  readonly #initialized = deferred();
  readonly #ended = deferred();
  /** Resolves when INIT has been answered. Rejects if the kernel is too old, or unmounts before. */
  readonly initialized = this.#initialized.promise;
  /** Resolves when the device is closed, after an unmount from outside or after {@link end}. */
  readonly ended = this.#ended.promise;
  #state: 'starting' | 'serving' | 'ending' = 'starting';

  /** Begins to serve. The connection closes the device when it ends. */
  constructor(device: Device, root: Directory, options: ConnectionOptions) {
    const { onError } = options;
    this.#device = device;
    this.#onError = onError;
    this.#replies = new Replies(device, onError);
    this.initialized.catch(() => undefined);
    this.#server = {
      owner: options,
      inodes: new InodeTable(root, (...change) => this.#entryChanged(...change)),
      files: new OpenFiles(),
      buffers: new WriteBuffers(),
      notifications: new Notifications(device, onError),
      initialize: (offer) => this.#initialize(offer),
      interrupt: (unique) => this.#interrupt(unique),
    };
    device.watch(() => this.#takeRequests());
  }

  get held(): Held {
    const { inodes, files } = this.#server;
    return { inodes: inodes.size, openFiles: files.size, requests: this.#pending.size };
  }

  /** Resolves when the kernel has been notified of all changes of entries until now. */
  invalidated(): Promise<void> {
    return this.#server.notifications.written();
  }

  /** Resolves when no file is open for writing. */
  written(): Promise<void> {
    return this.#server.files.written();
  }

  /**
   * Answers all waiting requests with ENOTCONN, aborts their signals, releases the handles and closes
   * the device. Resolves within about a second.
   */
  end(): Promise<void> {
    void this.#end();
    return this.ended;
  }

  #takeRequests(): void {
    try {
      for (let count = 0; count < REQUESTS_PER_TURN; count += 1) {
        this.#message.length = this.#device.read(this.#message.bytes);
        if (this.#message.length === 0) return;
        this.#serve();
      }
    } catch (error) {
      // ENODEV: the file system was unmounted. After any other error nothing can be served, either.
      if (codeOf(error) !== 'ENODEV') this.#onError(error);
      void this.#end();
    }
  }

  #serve(): void {
    const { length, view } = this.#message;
    if (length < InHeader.size) {
      this.#onError(new DecodeError(`a request of ${length} bytes has no header`));
      return;
    }
    const header = InHeader.decode(view);
    const request = new Request(header);
    const operation = operationOf(header.opcode);
    let answer: Awaitable<Answer>;
    try {
      if (header.len !== length) {
        throw new DecodeError(`the request says it has ${header.len} bytes, there are ${length}`);
      }
      const state = header.opcode === Opcode.INIT ? 'starting' : 'serving';
      answer =
        this.#state === state ? operation.serve(this.#server, request, this.#message) : ENOTCONN;
    } catch (error) {
      answer = this.#errnoOf(error);
    }
    if (isPromise(answer)) this.#wait(request, operation, answer);
    else if (!operation.unanswered) this.#replies.deliver(request.unique, answer);
  }

  #initialize(offer: Init): Answer {
    try {
      const { reply, agreed, expireOnly } = negotiate(offer);
      if (agreed) {
        this.#server.notifications.expireOnly = expireOnly;
        this.#state = 'serving';
        this.#initialized.resolve();
      }
      return reply;
    } catch (error) {
      if (error instanceof Error) this.#initialized.reject(error);
      throw error;
    }
  }

  #wait(request: Request, operation: Operation, answer: Promise<Answer>): void {
    const inode = this.#server.inodes.get(request.nodeid);
    if (inode !== undefined) inode.waiting += 1;
    this.#pending.set(request.unique, { request, operation, inode });
    answer.then(
      (value) => {
        if (this.#claim(request)) this.#replies.deliver(request.unique, value);
        else this.#replies.settle(value, false);
        this.#server.notifications.writeNext();
      },
      (error: unknown) => {
        // An interrupted request has been answered already, so its error is dropped.
        if (this.#claim(request)) this.#replies.deliver(request.unique, this.#errnoOf(error));
        this.#server.notifications.writeNext();
      },
    );
  }

  /** Takes a request out of those that wait, to answer it. @returns false if it has been answered. */
  #claim({ unique }: Request): boolean {
    // Requests that have arrived come first: if an interrupt is among them, nobody reads the answer.
    if (this.#pending.has(unique)) this.#takeRequests();
    return this.#withdraw(unique) !== undefined;
  }

  #interrupt(unique: number): void {
    const pending = this.#pending.get(unique);
    if (pending === undefined) return;
    const { request, operation } = pending;
    const interruption = interruptionOf(request.pid);
    if (interruption === 'stop' && request.answerEarly) {
      request.answerEarly();
    } else if (interruption === 'harmless' || operation.survives?.includes(interruption)) {
      // The kernel sends one interrupt for each request, so we must find later signals ourselves.
      setTimeout(() => this.#interrupt(unique), NEXT_LOOK_MS).unref();
    } else if (operation.lastWordMs !== undefined) {
      request.abort();
      setTimeout(() => this.#endInterrupted(unique), operation.lastWordMs);
    } else {
      // In this order: a read that returns now is not delivered, and its bytes go to the next read.
      this.#endInterrupted(unique);
      request.abort();
    }
  }

  #endInterrupted(unique: number): void {
    const pending = this.#withdraw(unique);
    if (pending === undefined) return;
    // After EINTR its program would write bytes again that have been taken.
    this.#replies.deliver(unique, pending.request.written ?? EINTR);
    this.#server.notifications.writeNext();
  }

  /** Takes a request out of those that wait; undefined if it has been answered. */
  #withdraw(unique: number): Pending | undefined {
    const pending = this.#pending.get(unique);
    if (pending === undefined) return undefined;
    this.#pending.delete(unique);
    if (pending.inode !== undefined) pending.inode.waiting -= 1;
    return pending;
  }

  #errnoOf(error: unknown): number {
    const errno = errnoOf(error);
    if (errno === undefined) this.#onError(error);
    return errno ?? EIO;
  }

  #entryChanged(directory: Inode, name: string, gone: boolean, child: Inode | undefined): void {
    if (this.#state !== 'serving') return;
    const { node } = directory;
    const remembered =
      child !== undefined || gone || (node.kind === 'directory' && node.negativeTtl > 0);
    if (remembered) this.#server.notifications.entry(directory, name, gone);
    else this.#server.notifications.attributes(directory);
  }

  async #end(): Promise<void> {
    if (this.#state === 'ending') return;
    this.#state = 'ending';
    this.#initialized.reject(errorWith('ENOTCONN', 'the file system was unmounted'));
    const stopped = this.#server.notifications.stop();
    for (const [unique, { request }] of [...this.#pending]) {
      this.#withdraw(unique);
      this.#replies.deliver(unique, ENOTCONN);
      request.abort();
    }
    this.#server.files.releaseAll(this.#onError);
    this.#server.inodes.dispose(this.#onError);
    // A notification that blocks in the kernel returns when the requests that block it are answered.
    // Until the device is closed they are, with ENOTCONN.
    await withTimeout(stopped, LONGEST_END_MS, 'ETIMEDOUT').catch(() => undefined);
    this.#device.close();
    this.#ended.resolve();
  }
}
