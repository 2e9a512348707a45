import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Address } from './address.js';
import { redact } from './anchor/redact.js';
import { CircuitError, errorCode, errorMessage } from './error.js';

/**
 * The file in which this host's daemon leaves its address for commands that
 * were given none: `/run/circuit/address` for root, otherwise
 * `$XDG_RUNTIME_DIR/circuit/address`; `undefined` without that variable.
 */
export function addressFile(): string | undefined {
  if (process.getuid?.() === 0) return '/run/circuit/address';
  const runtime = process.env.XDG_RUNTIME_DIR;
  return runtime ? join(runtime, 'circuit', 'address') : undefined;
}

/** @throws CircuitError ENOENT, EACCES or EINVAL, naming the file */
export function readAddressFile(file: string): Address {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = errorCode(error) === 'EACCES' ? 'EACCES' : 'ENOENT';
    throw new CircuitError(
      code,
      code === 'EACCES'
        ? `${file}, which has the address of a daemon, may not be read by this user`
        : `no daemon has left its address in ${redact(file)}; give -d ADDRESS, or name a file with it in $CIRCUIT`,
    );
  }
  try {
    return Address.parse(text.trim());
  } catch (error) {
    throw new CircuitError('EINVAL', `${file}: ${errorMessage(error)}`);
  }
}

/**
 * Leaves `address` in `file`, unless a daemon that runs has left its own there.
 * @param isAlive Whether the daemon at an address found there still runs.
 * @returns Takes it away again; `undefined` if it was not written.
 */
export async function claimAddressFile(
  file: string,
  address: Address,
  isAlive: (address: Address) => Promise<boolean>,
): Promise<Disposable | undefined> {
  const text = `${address}\n`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  if (!tryCreate(file, text)) {
    if (await isHeld(file, isAlive)) return undefined;
    rmSync(file, { force: true });
    if (!tryCreate(file, text)) return undefined;
  }
  return {
    [Symbol.dispose]: () => {
      if (contentOf(file) === text) rmSync(file, { force: true });
    },
  };
}

async function isHeld(file: string, isAlive: (address: Address) => Promise<boolean>) {
  let address: Address;
  try {
    address = readAddressFile(file);
  } catch (error) {
    // What is no address is nobody's, and a file that has just gone is free.
    return errorCode(error) === 'EACCES';
  }
  return await isAlive(address);
}

function tryCreate(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
