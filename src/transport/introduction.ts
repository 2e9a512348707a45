import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { Address, formatAuthority } from '../base/address.js';
import { CircuitError, interrupted, noAnswer } from '../base/error.js';
import { type Interruptible, onAbort } from '../base/interruptible.js';
import type { ClusterKeys } from './cluster-keys.js';
import { dialError } from './dial-error.js';
import { HANDSHAKE_TIMEOUT_MS } from './limits.js';
import { introductionIdentity, introductionKey, pskOptions } from './security.js';

/**
 * The one thing that a peer can ask for which has proved that it holds the cluster key alone: a GET of
 * this path is answered with the circuit address of this run, one line of text.
 */
export const INTRODUCTION_PATH = '/address';

/** The answer to one introduction too many; see {@link INTRODUCTIONS}. */
export const TOO_MANY = 429;

/** The longest answer that is read, in bytes. */
const MAX_ANSWER = 1024;

export interface IntroduceOptions extends Interruptible {
  /** How long the peer may take to answer, in milliseconds. */
  readonly timeout?: number;
}

/**
 * Asks the daemon at host:port for the circuit address of this run; both prove that they hold the
 * cluster key. It is the first of `keys` that is used.
 *
 * @throws CircuitError EACCES (it has another cluster key, or none), ECONNREFUSED, ETIMEDOUT (after
 *   `timeout`, or {@link HANDSHAKE_TIMEOUT_MS}), EHOSTUNREACH, EPROTO (not a circuit), EAGAIN (it was
 *   asked too often), ECONNRESET, EMFILE, EIO (a system call here failed), EINTR
 */
export function introduce(
  { host, port }: { readonly host: string; readonly port: number },
  keys: ClusterKeys,
  { signal, timeout = HANDSHAKE_TIMEOUT_MS }: IntroduceOptions = {},
): Promise<Address> {
  const where = formatAuthority(host, port);
  const refused = 'it has another cluster key, or none';
  const key = { psk: introductionKey(keys.first), identity: introductionIdentity(keys.first) };
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(interrupted());
    const asked = request({
      ...pskOptions(key),
      checkServerIdentity: () => undefined,
      host,
      port,
      path: INTRODUCTION_PATH,
      agent: false,
    });
    const settle = () => {
      clearTimeout(timer);
      forget();
      asked.destroy();
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
    };
    const broken = (error: Error) => fail(dialError(error, { host, port, timeout, refused }));
    const timer = setTimeout(() => fail(noAnswer(where, timeout)), timeout);
    const forget = onAbort(signal, fail);
    // An error that comes after we have ended the connection tells nothing new.
    asked.on('error', broken);
    asked.on('response', (answer) => {
      readAnswer(answer, where).then((address) => {
        settle();
        resolve(address);
      }, broken);
    });
    asked.end();
  });
}

/** @throws CircuitError EAGAIN, EPROTO */
async function readAnswer(answer: IncomingMessage, where: string): Promise<Address> {
  if (answer.statusCode === TOO_MANY) {
    throw new CircuitError('EAGAIN', `${where} was asked for its address too often; try again`);
  }
  let text = '';
  for await (const piece of answer.setEncoding('latin1')) {
    text += piece;
    if (text.length > MAX_ANSWER) break;
  }
  const address = answer.statusCode === 200 ? Address.tryParse(text.trimEnd()) : undefined;
  if (address) return address;
  throw new CircuitError('EPROTO', `the program on ${where} did not tell its circuit address`);
}
