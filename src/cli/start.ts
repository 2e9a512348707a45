import { lookup } from 'node:dns/promises';
import { fstatSync } from 'node:fs';
import { isIP } from 'node:net';
import type { HostChoice } from '../../mount/hosts.js';
import { canBeDialled, splitAuthority } from '../base/address.js';
import { parseJoinable } from '../base/contact.js';
import { CircuitError, errorCode } from '../base/error.js';
import { isOpenToOthers } from '../base/open-to-others.js';
import { redact } from '../base/redact.js';
import { Daemon } from '../daemon/daemon.js';
import { interfaceAddress, isUnspecified } from '../daemon/host-address.js';
import { type DiscoverOptions, multicastInterfaces } from '../transport/multicast-group.js';
import { clusterKeys, discoveryGroup } from './dial.js';
import { Foreground } from './foreground.js';
import { type ListenAuthority, parseListenAuthority } from './listen-authority.js';
import { startOptionsGiven } from './start-options.js';

export interface StartOptions {
  readonly addr?: string;
  readonly if?: string;
  readonly advertise?: string;
  readonly join?: readonly string[];
  readonly mount: string | boolean;
  readonly allowOther?: boolean;
  readonly fuse?: HostChoice;
  readonly fuseTimeout?: number;
  readonly var?: string;
  readonly hmac?: string;
  readonly discover?: string;
}

/** `circuit start`: prints the address once the daemon listens, has mounted and has joined. */
export async function start(options: StartOptions): Promise<void> {
  const foreground = new Foreground();
  const keys = clusterKeys(options.hmac);
  let daemon: Daemon;
  try {
    daemon = await Daemon.start({
      listen: listenAddress(options),
      advertise: options.advertise === undefined ? undefined : advertised(options.advertise),
      clusterKeys: keys,
      mountpoint: typeof options.mount === 'string' ? options.mount : options.mount && undefined,
      allowOther: options.allowOther ?? false,
      fuse: { host: options.fuse, timeoutS: options.fuseTimeout },
      join: (options.join ?? []).map((text) => parseJoinable(text, keys !== undefined)),
      discover: await discovery(options),
      stateDirectory: options.var,
      kinds: startOptionsGiven(options),
      log: (line) => foreground.log.write(line),
      signal: foreground.signal,
    });
  } catch (error) {
    if (errorCode(error) !== 'EINTR') throw error;
    // It was told to end, by a signal or by the file `shutdown`.
    return await foreground.exit();
  }
  process.stdout.removeAllListeners('error').on('error', (error) => {
    // The reader of the address may have gone; but the address must not be lost otherwise.
    if (errorCode(error) === 'EPIPE') return;
    foreground.fail(`cannot print the address: ${error.message}`);
  });
  if (isOpenToOthers(fstatSync(process.stdout.fd))) {
    daemon.note(
      'the file on standard output can be read by others, who may then command this daemon',
    );
  }
  process.stdout.write(`${daemon.address}\n`);
  await new Promise((resolve) => daemon.ended.addEventListener('abort', resolve));
  await foreground.exit(daemon.unmounted ? undefined : 1);
}

function listenAddress({ addr, if: name, advertise }: StartOptions): ListenAuthority {
  const { host, port } =
    addr === undefined ? { host: undefined, port: 0 } : parseListenAuthority(addr);
  if (host !== undefined && advertise === undefined && !canBeDialled(host)) {
    throw new CircuitError('EINVAL', `others cannot reach ${host} by that name; give --advertise`);
  }
  if (name === undefined) return { host, port };
  if (host !== undefined) {
    throw new CircuitError(
      'EINVAL',
      'give -a :PORT together with --if, or -a HOST:PORT without it',
    );
  }
  return { host: interfaceAddress(name), port };
}

async function discovery(options: StartOptions): Promise<DiscoverOptions | undefined> {
  const group = discoveryGroup(options.discover);
  return group && { group, interfaces: multicastInterfaces(group, await listensOn(options)) };
}

/**
 * The interface on which the daemon listens, where that is one: a daemon that is there for one network
 * alone does not announce itself in others.
 */
async function listensOn(
  options: StartOptions,
): Promise<{ readonly name: string } | { readonly host: string } | undefined> {
  if (options.if !== undefined) return { name: options.if };
  const { host } = listenAddress(options);
  if (host === undefined || isUnspecified(host)) return undefined;
  const found = await lookup(host).catch(() => undefined);
  if (found) return { host: found.address };
  throw new CircuitError('EADDRNOTAVAIL', `there is no host named ${host}`);
}

function advertised(text: string): { host: string; port: number } {
  const { host = '', port = 0 } = splitAuthority(text) ?? {};
  const isHost = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host) || isIP(host);
  if (isHost && canBeDialled(host) && !isUnspecified(host)) return { host, port };
  const sentence = `${redact(text)} is not a HOST or HOST:PORT that others could reach`;
  throw new CircuitError('EINVAL', sentence);
}
