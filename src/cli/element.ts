import type { AnchorPath, Member } from '../anchor/circuit.js';
import { subscriptionPeek } from '../anchor/subscription.js';
import { CircuitError } from '../base/error.js';
import { redact } from '../base/redact.js';
import { type DialOptions, dial } from './dial.js';
import { anchorAt, memberAt, parsePath } from './path.js';

/** `circuit scrub ANCHOR` */
export async function scrub(path: string, options: DialOptions): Promise<void> {
  await using client = await dial(options);
  const { member, anchor } = anchorAt(client, path);
  await member.scrub(anchor);
}

/** `circuit peek ANCHOR`: the state of a member, or of an anchor's element. */
export async function peek(path: string, options: DialOptions): Promise<void> {
  await using client = await dial(options);
  let state: object;
  if (parsePath(path).length < 2) {
    state = await memberAt(client, path).peek();
  } else {
    const { member, anchor } = anchorAt(client, path);
    state = await peekElement(member, anchor, path);
  }
  process.stdout.write(`${JSON.stringify(state, undefined, 2)}\n`);
}

async function peekElement(member: Member, path: AnchorPath, shown: string): Promise<object> {
  const { kind } = await member.stat(path);
  switch (kind) {
    case undefined:
      throw new CircuitError('ENOENT', `${redact(shown)} has no element`);
    case 'chan': {
      using channel = await member.channel(path);
      return await channel.peek();
    }
    case '@join':
    case '@leave': {
      using channel = await member.channel(path);
      return subscriptionPeek(kind, await channel.peek());
    }
    case 'proc': {
      using process = await member.process(path);
      return await process.peek();
    }
    default:
      throw new TypeError(`unknown kind ${String(kind satisfies never)}`);
  }
}
