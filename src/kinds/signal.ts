import { constants } from 'node:os';
import { CircuitError } from '../base/error.js';

/** The kernel's _NSIG; those from 32 on are the real-time signals and have no names here. */
const LAST_SIGNAL = 64;

/** A signal by name (`KILL`, `SIGKILL`) or number. @throws CircuitError EINVAL */
export function parseSignal(signal: string | number): number {
  const text = String(signal).trim().toUpperCase();
  const named = Object.entries(constants.signals).find(
    ([name]) => name === text || name === `SIG${text}`,
  );
  const number = named ? named[1] : /^\d+$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= LAST_SIGNAL) return number;
  throw new CircuitError(
    'EINVAL',
    `there is no signal ${JSON.stringify(String(signal))}: give a name such as TERM or a number from 1 to ${LAST_SIGNAL}`,
  );
}

/** The name of a signal as `kill -l` has it, `KILL`; the number where it has none. */
export function signalName(number: number): string {
  const named = Object.entries(constants.signals).find(([, value]) => value === number);
  return named ? named[0].slice('SIG'.length) : String(number);
}
