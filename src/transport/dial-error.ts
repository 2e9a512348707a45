import { formatAuthority } from '../base/address.js';
import {
  asCircuitError,
  CircuitError,
  errorCode,
  errorMessage,
  isOutOfDescriptors,
  noAnswer,
} from '../base/error.js';

export interface Dialled {
  readonly host: string;
  readonly port: number;
  /** How long the peer may take to answer, in milliseconds. */
  readonly timeout: number;
  /** The reason, in words, where a peer refuses our key. */
  readonly refused: string;
}

/** Why a daemon could not be dialled. */
export function dialError(error: Error, { host, port, timeout, refused }: Dialled): CircuitError {
  if (error instanceof CircuitError) return error;
  if (isOutOfDescriptors(error)) return asCircuitError(error);
  const where = formatAuthority(host, port);
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return new CircuitError('ECONNREFUSED', `nobody listens on ${where}`);
    case 'ETIMEDOUT':
      return noAnswer(where, timeout);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CircuitError('EHOSTUNREACH', `there is no host named ${host}`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return new CircuitError('EHOSTUNREACH', `there is no route to ${where}`);
    case 'ECONNRESET':
      return new CircuitError(
        'ECONNRESET',
        `${where} closed the connection; is it a circuit daemon? One that has reached its limit of open files (ulimit -n) does so, too`,
      );
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return new CircuitError('EPROTO', `the program on ${where} does not know our key`);
    case 'EPROTO':
      return isRejectedKey(error)
        ? new CircuitError('EACCES', `${where} refused us: ${refused}`)
        : new CircuitError('EPROTO', `the program on ${where} is not a circuit daemon`);
    default:
      // A failed system call of ours says nothing of the peer.
      return new CircuitError(
        'syscall' in error ? 'EIO' : 'EPROTO',
        `cannot talk to ${where}: ${errorMessage(error)}`,
      );
  }
}

/**
 * OpenSSL answers a key that does not verify with alert 47, illegal_parameter, before 3.5 and with
 * alert 51, decrypt_error, since.
 */
function isRejectedKey(error: Error): boolean {
  return /alert number (40|47|51)\b/i.test(error.message);
}
