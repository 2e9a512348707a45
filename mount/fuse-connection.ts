/** A file system's conversation with the kernel: requests in, replies and notifications out. */
import { constants } from 'node:os';
import { isPromise } from './awaitable.js';
import { codeOf, errnoOf } from './errno.js';
import { Invalidation } from './inodes/invalidation.js';
import { type Inode, Tree } from './inodes/tree.js';
import type { Directory } from './node.js';
import type { Owner } from './operations/attributes.js';
import { FileOperations } from './operations/file-operations.js';
import { NameOperations } from './operations/name-operations.js';
import { type NodeRequest, Operations } from './operations/operations.js';
import type { Answer } from './requests/answer.js';
import { RequestCaller } from './requests/caller.js';
import { interruptionOf } from './requests/interruption.js';
import { Replies } from './requests/replies.js';
import { Opcode } from './wire/constants.js';
import type { Device } from './wire/device.js';
import { MAX_WRITE, negotiate } from './wire/initialization.js';
import { decodeBody, decodeHeader, Message, type RequestBody } from './wire/request.js';
import type { InHeader } from './wire/structs.js';

const { EINTR, EIO, ENOTCONN, EPROTO } = constants.errno;

/** Requests taken in one turn of the event loop, so that timers and sockets have theirs. */
const REQUESTS_PER_TURN = 64;

/** Milliseconds after which a request that was not to be interrupted is looked at again. */
const NEXT_LOOK = 20;

/** How long a write that is interrupted may take to tell how much it has written, in milliseconds. */
const LAST_WORD_MS = 300;

/** Milliseconds that a notification held up by the kernel may delay the end. */
const LONGEST_END = 1000;

/** Requests to which no reply may be written. */
const unanswered = new Set<number>([Opcode.FORGET, Opcode.BATCH_FORGET, Opcode.INTERRUPT]);

export interface ConnectionOptions extends Owner {
  /** Told of what has no other place to go: handlers' errors without errno, malformed requests. */
  readonly onError: (error: unknown) => void;
}

interface Pending {
  readonly caller: RequestCaller;
  readonly inode: Inode | undefined;
  readonly opcode: number;
}

export class FuseConnection {
  /** Resolves when the kernel has been answered INIT; rejects where it is too old or ends before. */
  readonly initialized: Promise<void>;
  /** Resolves when the device is closed: unmounted from outside, or {@link end}. */
  readonly ended: Promise<void>;

  readonly #device: Device;
  readonly #onError: (error: unknown) => void;
  readonly #tree: Tree;
  readonly #invalidation: Invalidation;
  readonly #files: FileOperations;
  readonly #operations: Operations;
  readonly #replies: Replies;
  readonly #pending = new Map<number, Pending>();
  readonly #message = new Message(Buffer.alloc(MAX_WRITE + 4096));
  #state: 'starting' | 'serving' | 'ending' = 'starting';
  #resolveInitialized: () => void = () => undefined;
  #rejectInitialized: (error: Error) => void = () => undefined;
  #resolveEnded: () => void = () => undefined;

  /** Begins to serve. The device is closed when the connection has ended. */
  constructor(device: Device, root: Directory, options: ConnectionOptions) {
    this.#device = device;
    this.#onError = options.onError;
    this.#replies = new Replies(device, this.#onError);
    this.initialized = new Promise((resolve, reject) => {
      this.#resolveInitialized = resolve;
      this.#rejectInitialized = reject;
    });
    this.initialized.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#invalidation = new Invalidation(device, this.#onError);
    this.#tree = new Tree(root, (directory, name, gone, child) => {
      this.#entryChanged(directory, name, gone, child);
    });
    const notify = (message: Uint8Array) => {
      if (this.#state === 'serving') this.#replies.notify(message);
    };
    const names = new NameOperations(this.#tree, this.#invalidation, options);
    this.#files = new FileOperations(this.#invalidation, notify);
    const listed = (directory: Inode) => this.#invalidation.attributes(directory);
    const reader = { tree: this.#tree, owner: options, listed };
    this.#operations = new Operations(reader, names, this.#files);
    device.watch(() => this.#takeRequests());
  }

  /** Resolves when the kernel has been told of every change of an entry until now. */
  invalidated(): Promise<void> {
    return this.#invalidation.written();
  }

  /** Resolves when no file is open for writing. */
  written(): Promise<void> {
    return this.#files.written();
  }

  /**
   * Answers everything that waits with ENOTCONN, aborts its signals, releases
   * the handles and closes the device. Resolves within a second or so.
   */
  end(): Promise<void> {
    void this.#end();
    return this.ended;
  }

  #takeRequests(): void {
    try {
      for (let count = 0; count < REQUESTS_PER_TURN; count += 1) {
        const length = this.#device.read(this.#message.bytes);
        if (length === 0) return;
        this.#serve(length);
      }
    } catch (error) {
      // ENODEV: unmounted. Whatever else read(2) says, there is nothing left to serve.
      if (codeOf(error) !== 'ENODEV') this.#onError(error);
      void this.#end();
    }
  }

  #serve(length: number): void {
    let header: InHeader | undefined;
    try {
      header = decodeHeader(this.#message, length);
      this.#dispatch(header, decodeBody(this.#message, length, header));
    } catch (error) {
      this.#onError(error);
      if (header !== undefined && !unanswered.has(header.opcode))
        this.#replies.deliver(header.unique, EIO);
    }
  }

  #dispatch(header: InHeader, body: RequestBody): void {
    switch (body.op) {
      case 'FORGET':
        this.#tree.forget(header.nodeid, body.args.nlookup);
        break;
      case 'BATCH_FORGET':
        for (const { nodeid, nlookup } of body.args) this.#tree.forget(nodeid, nlookup);
        break;
      case 'INTERRUPT':
        this.#interrupt(body.args.unique);
        break;
      case 'INIT':
        this.#initialize(header.unique, body);
        break;
      case 'DESTROY':
        this.#replies.deliver(header.unique, 0);
        break;
      default:
        this.#ask(header, body);
    }
  }

  #initialize(unique: number, body: RequestBody & { readonly op: 'INIT' }): void {
    const negotiation = negotiate(body.args, body.flags2);
    switch (negotiation.outcome) {
      case 'agreed':
        this.#invalidation.expireOnly = negotiation.expireOnly;
        this.#state = 'serving';
        this.#replies.deliver(unique, negotiation.reply);
        this.#resolveInitialized();
        break;
      case 'again':
        this.#replies.deliver(unique, negotiation.reply);
        break;
      case 'refused':
        this.#replies.deliver(unique, EPROTO);
        this.#rejectInitialized(Object.assign(new Error(negotiation.reason), { code: 'EPROTO' }));
        break;
      default:
        throw new TypeError(`unknown outcome ${String(negotiation satisfies never)}`);
    }
  }

  #ask(header: InHeader, body: NodeRequest): void {
    const { unique, nodeid, opcode } = header;
    if (this.#state !== 'serving') {
      this.#replies.deliver(unique, ENOTCONN);
      return;
    }
    const caller = new RequestCaller(header, body);
    try {
      const answer = this.#operations.run(body, opcode, nodeid, caller);
      if (isPromise(answer)) this.#wait(caller, header, answer);
      else this.#replies.deliver(unique, answer);
    } catch (error) {
      this.#replies.deliver(unique, this.#errnoOf(error));
    }
  }

  #wait(caller: RequestCaller, { nodeid, opcode }: InHeader, answer: Promise<Answer>): void {
    const inode = this.#tree.get(nodeid);
    if (inode !== undefined) inode.waiting += 1;
    this.#pending.set(caller.unique, { caller, inode, opcode });
    answer.then(
      (value) => {
        if (this.#claim(caller.unique)) this.#replies.deliver(caller.unique, value);
        else this.#replies.undelivered(value);
        this.#invalidation.writeNext();
      },
      (error: unknown) => {
        // One that was interrupted has been answered: how it failed matters to nobody.
        if (this.#claim(caller.unique)) this.#replies.deliver(caller.unique, this.#errnoOf(error));
        this.#invalidation.writeNext();
      },
    );
  }

  /** Whether a request still waits for its answer, which is to be written now. */
  #claim(unique: number): boolean {
    // Takes what has come meanwhile: an interrupt on its way means that nobody will read the answer.
    if (this.#pending.has(unique)) this.#takeRequests();
    return this.#withdraw(unique) !== undefined;
  }

  #interrupt(unique: number): void {
    const pending = this.#pending.get(unique);
    if (pending === undefined) return;
    const { caller, opcode } = pending;
    const interruption = interruptionOf(caller.pid);
    if (interruption === 'stop' && caller.answerEarly()) return;
    // A close must not lose what was written, of which its program takes no heed. A command is
    // done within seconds, and the program stops then.
    const goesOn =
      interruption === 'harmless' ||
      (opcode === Opcode.FLUSH && interruption !== 'end') ||
      (opcode === Opcode.WRITE && interruption === 'stop');
    if (goesOn) {
      // The kernel tells of one signal only: whether another has come, we must see ourselves.
      setTimeout(() => this.#interrupt(unique), NEXT_LOOK).unref();
    } else if (opcode === Opcode.WRITE) {
      // What has taken something says so itself: who is told EINTR writes the same again.
      caller.abort();
      setTimeout(() => this.#endInterrupted(unique), LAST_WORD_MS);
    } else {
      // What a read would give now is given back, and the next one has it.
      this.#endInterrupted(unique);
      caller.abort();
    }
  }

  #endInterrupted(unique: number): void {
    if (this.#withdraw(unique) === undefined) return;
    this.#replies.deliver(unique, EINTR);
    this.#invalidation.writeNext();
  }

  /** Takes a request out of those that wait; undefined where it has been answered. */
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
    if (remembered) this.#invalidation.entry(directory, name, gone);
    else this.#invalidation.attributes(directory);
  }

  async #end(): Promise<void> {
    if (this.#state === 'ending') return;
    this.#state = 'ending';
    this.#rejectInitialized(
      Object.assign(new Error('the file system was unmounted'), { code: 'ENOTCONN' }),
    );
    for (const [unique, { caller }] of [...this.#pending]) {
      this.#withdraw(unique);
      this.#replies.deliver(unique, ENOTCONN);
      caller.abort();
    }
    this.#files.releaseAll(this.#onError);
    this.#tree.dispose(this.#onError);
    // A notification held up in the kernel returns as soon as the requests that
    // hold it up are answered: until then they are, with ENOTCONN.
    const stopped = this.#invalidation.stop();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      stopped,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LONGEST_END);
      }),
    ]);
    clearTimeout(timer);
    this.#device.close();
    this.#resolveEnded();
  }
}
