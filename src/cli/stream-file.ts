import type {
  AnchorPath,
  ChannelDirection,
  Member,
  OutputName,
  ProcessReader,
} from '../anchor/circuit.js';
import { CircuitError, errorCode } from '../base/error.js';
import type { CircuitClient } from '../client/client.js';

/** A file of the namespace that can be waited for. */
export interface StreamFile {
  /** As it was given. */
  readonly path: string;
  /** Whether a read, or a write, would be answered at once. */
  ready(): Promise<boolean>;
  /** Resolves when that may be so. */
  whenReady(): Promise<void>;
  close(): void;
}

/** How much of an output is asked for to see whether there is any, in bytes. */
const TASTE = 64 * 1024;

/**
 * The stream file at a path such as `/X…/a/recv`. What is not there fails when it is used.
 * @param names Of the path.
 * @throws CircuitError EINVAL (not a stream file), ENOENT (no such member)
 */
export async function openStreamFile(
  client: CircuitClient,
  path: string,
  names: AnchorPath,
): Promise<StreamFile> {
  const [name, ...anchor] = names;
  const file = anchor.pop();
  if (name === undefined) throw notStream();
  const member = client.member(name);
  if (anchor.length === 0) {
    if (file === 'log') return { path, ...(await log(member)) };
    throw notStream();
  }
  switch (file) {
    case 'send':
    case 'trysend':
      return { path, ...(await channel(member, anchor, 'send')) };
    case 'recv':
    case 'tryrecv':
      return { path, ...(await channel(member, anchor, 'recv')) };
    case 'stdin':
      return { path, ...(await input(member, anchor)) };
    case 'stdout':
    case 'stderr':
      return { path, ...(await output(member, anchor, file)) };
    case 'wait':
      return { path, ...(await end(member, anchor)) };
    default:
      throw notStream();
  }
}

type Waitable = Omit<StreamFile, 'path'>;

async function channel(
  member: Member,
  anchor: AnchorPath,
  direction: ChannelDirection,
): Promise<Waitable> {
  const element = await member.channel(anchor);
  return {
    ready: () => element.ready(direction),
    whenReady: () => element.whenReady(direction),
    close: () => element[Symbol.dispose](),
  };
}

async function input(member: Member, anchor: AnchorPath): Promise<Waitable> {
  const element = await member.process(anchor);
  // For append: that we close it is not to be the end of the input.
  const writer = element.stdin({ append: true });
  return {
    ready: () => writer.ready(),
    whenReady: () => writer.whenReady(),
    close: () => {
      const done = () => element[Symbol.dispose]();
      writer.close().then(done, done);
    },
  };
}

async function output(member: Member, anchor: AnchorPath, name: OutputName): Promise<Waitable> {
  const element = await member.process(anchor);
  const reader = element.output(name);
  return {
    ready: () => hasOutput(reader),
    whenReady: () => reader.whenReady(),
    close: () => {
      reader.close();
      element[Symbol.dispose]();
    },
  };
}

/** Reads and gives it back: a reader of another member says that it is ready only when it has asked. */
async function hasOutput(reader: ProcessReader): Promise<boolean> {
  try {
    reader.unread(await reader.read(TASTE, { nonblock: true }));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return false;
    throw error;
  }
}

async function end(member: Member, anchor: AnchorPath): Promise<Waitable> {
  const element = await member.process(anchor);
  return {
    ready: async () => (await element.peek()).Exit !== '',
    whenReady: async () => {
      await element.wait();
    },
    close: () => element[Symbol.dispose](),
  };
}

/** There is always something in a log: what can be waited for is that more comes. */
async function log(member: Member): Promise<Waitable> {
  const { end } = await member.log();
  return {
    ready: async () => (await member.log()).end > end,
    whenReady: () => member.whenLogged(end),
    close: () => {},
  };
}

function notStream(): CircuitError {
  return new CircuitError(
    'EINVAL',
    'not a file to wait for; those are send, recv, trysend, tryrecv, stdin, stdout, stderr and wait of an anchor, and log of a member',
  );
}
