import { readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Address } from '../base/address.js';
import {
  asCircuitError,
  CircuitError,
  errorCode,
  errorMessage,
  isOutOfDescriptors,
} from '../base/error.js';
import { redact } from '../base/redact.js';

/**
 * The file in which this host's daemon leaves its address for commands without one:
 * `/run/circuit/address` for root, otherwise `$XDG_RUNTIME_DIR/circuit/address`; `undefined`
 * without that variable.
 */
export function addressFile(): string | undefined {
  if (process.getuid?.() === 0) return '/run/circuit/address';
  const runtime = process.env.XDG_RUNTIME_DIR;
  return runtime ? join(runtime, 'circuit', 'address') : undefined;
}

/** Beside an address file: a symbolic link to the file with the cluster key of that daemon, if it has one. */
export function keyLink(file: string): string {
  return join(dirname(file), 'key');
}

/** The file with the cluster key of the daemon that has left its address in `file`, if it has one. */
export function keyFileOf(file: string): string | undefined {
  try {
    return readlinkSync(keyLink(file));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw asCircuitError(error);
  }
}

/** @throws CircuitError ENOENT, EACCES or EINVAL, naming the file */
export function readAddressFile(file: string): Address {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (isOutOfDescriptors(error)) throw asCircuitError(error);
    if (errorCode(error) === 'EACCES') {
      const sentence = `${redact(file)}, which has the address of a daemon, may not be read by this user; give -d ADDRESS, or run this as its user`;
      throw new CircuitError('EACCES', sentence);
    }
    throw nobodyThere(file);
  }
  // A daemon that starts opens the file before it writes to it.
  if (text === '') throw nobodyThere(file);
  try {
    return Address.parse(text);
  } catch (error) {
    throw new CircuitError('EINVAL', `${redact(file)}: ${errorMessage(error)}`);
  }
}

function nobodyThere(file: string): CircuitError {
  return new CircuitError(
    'ENOENT',
    `no daemon has left its address in ${redact(file)}; give -d ADDRESS, or name a file with it in $CIRCUIT`,
  );
}
