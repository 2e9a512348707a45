import type { ExecutionContext } from 'ava';
import { Address, newMemberName, newSecret } from '../../../src/base/address.js';
import { CircuitError } from '../../../src/base/error.js';
import { MembershipDriver } from '../../../src/membership/driver.js';
import type { Link, Links, Membership } from '../../../src/membership/membership.js';
import type { MemberRecord } from '../../../src/membership/record.js';

/** Members in one process; links are calls, which can be cut. */
export class Network {
  readonly #members = new Map<string, Membership>();
  readonly #links = new Set<Wire>();
  /** Every connection waits for it. */
  connecting: Promise<void> = Promise.resolve();
  /** Pairs of members with two links: the second takes over when the first is cut. */
  readonly #doubled = new Set<string>();
  /** How many probes there were. */
  probes = 0;
  /** The addresses of daemons that gave way to another with their name. */
  readonly displaced: string[] = [];
  readonly #teardown: (run: () => unknown) => void;
  #port = 0;

  constructor(t: Pick<ExecutionContext, 'teardown'>) {
    this.#teardown = (run) => t.teardown(run);
  }

  member(options: Partial<MemberRecord> = {}): Membership {
    this.#port += 1;
    const addr = new Address('host', this.#port, 1, newSecret()).toString();
    const self = {
      name: newMemberName(),
      addr,
      joined: 0,
      incarnation: 0,
      state: 'alive',
      host: 'web1',
      version: '1.2.3',
      ...options,
    } as const;
    const displaced = () => this.displaced.push(addr);
    const member = new MembershipDriver({ self, links: this.#linksOf(addr), displaced });
    this.#members.set(addr, member);
    this.#teardown(() => member.close());
    return member;
  }

  /** The member ends without a word. */
  crash(member: Membership): void {
    this.#members.delete(member.self.addr);
    for (const { ends, cut } of this.#links) if (ends.includes(member.self.addr)) cut();
  }

  /** It answers again, as if it had only been slow. */
  revive(member: Membership): void {
    this.#members.set(member.self.addr, member);
  }

  /** The links between two members break once; new ones can be made. */
  reset(a: Membership, b: Membership): void {
    for (const { cut } of this.#between(a, b)) cut();
  }

  /** Two members hear from each other: nothing that was sent so far is lost. */
  hear(a: Membership, b: Membership): void {
    for (const { heard } of this.#between(a, b)) heard();
  }

  /** Each of two members has dialled the other. */
  double(a: Membership, b: Membership): void {
    this.#doubled.add(`${a.self.addr}>${b.self.addr}`);
    this.#doubled.add(`${b.self.addr}>${a.self.addr}`);
  }

  #between(a: Membership, b: Membership): Wire[] {
    const pair = [a.self.addr, b.self.addr].sort().join();
    return [...this.#links].filter(({ ends }) => ends.join() === pair);
  }

  #linksOf(from: string): Links {
    const reach = (address: Address): { ends: string[]; target: Membership } => {
      const ends = [from, address.toString()].sort();
      const target = this.#members.get(address.toString());
      if (!target || !this.#members.has(from)) {
        throw new CircuitError('ECONNREFUSED', 'nobody listens');
      }
      return { ends, target };
    };
    return {
      standing: (peer) => {
        const ends = [from, peer].sort();
        const target = this.#members.get(peer);
        return target && this.#doubled.delete(`${from}>${peer}`)
          ? this.#link(from, { ends, target })
          : undefined;
      },
      connect: async (address) => {
        await this.connecting;
        return this.#link(from, reach(address));
      },
      probe: async (address) => {
        this.probes += 1;
        reach(address);
      },
    };
  }

  #link(from: string, { ends, target }: { ends: string[]; target: Membership }): Link {
    let cut = () => {};
    let isCut = false;
    /** The listener of the last message, which was not answered. */
    let unanswered = () => {};
    const closed = new Promise<void>((resolve) => {
      cut = () => {
        isCut = true;
        // In this order, as in a connection.
        unanswered();
        resolve();
      };
    });
    const heard = () => {
      unanswered = () => {};
    };
    this.#links.add({ ends, heard, cut });
    const nothing = { [Symbol.dispose]: () => {} };
    const sendAndWait = async (message: unknown) => {
      if (isCut) throw new CircuitError('EHOSTUNREACH', 'cut');
      target.deliver(structuredClone(message), from);
    };
    return {
      peer: target.self.addr,
      closed,
      hold: () => nothing,
      whenSilent: () => nothing,
      send: (message, lost) => {
        unanswered = lost;
        sendAndWait(message).catch(lost);
      },
      sendAndWait,
    };
  }
}

/** A link, as the test handles it. */
interface Wire {
  readonly ends: readonly string[];
  readonly heard: () => void;
  readonly cut: () => void;
}

export function addressOf(member: Membership): Address {
  return Address.parse(member.self.addr);
}

export function namesOf(member: Membership): string[] {
  return member.members().map(({ name }) => name);
}

/** Resolves when all of `members` list exactly `listed`. */
export async function allList(
  members: readonly Membership[],
  listed: readonly Membership[] = members,
): Promise<void> {
  const wanted = listed.map(({ self }) => self.name).sort();
  await Promise.all(members.map((member) => lists(member, wanted)));
}

function lists(member: Membership, wanted: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (namesOf(member).join() !== wanted.join()) return;
      watch[Symbol.dispose]();
      resolve();
    };
    const watch = member.watch(look);
    look();
  });
}
