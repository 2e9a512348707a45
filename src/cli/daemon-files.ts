import { CircuitError } from '../base/error.js';
import type { MemberPeek, MemberPeers } from '../kinds/member/kind.js';
import type { Report } from './health.js';

/** A value of JSON by its key. */
type Values = Readonly<Record<string, unknown>>;

type Is<T> = (value: unknown) => value is T;

/**
 * Parses a file that a daemon gave, which may be of another build, and have another form there.
 * @throws CircuitError EPROTO
 */
export function parseFile<T>(name: string, text: string, is: Is<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Nothing that we know has the value undefined.
  }
  if (is(value)) return value;
  const sentence = `the daemon is of another build: this one cannot read its file ${name}`;
  throw new CircuitError('EPROTO', sentence);
}

export function isPeek(value: unknown): value is MemberPeek {
  return (
    isValues(value) &&
    [value.Name, value.Addr].every(isString) &&
    [value.Host, value.Version].every(optional(isString)) &&
    optional(isNumber)(value.Pid)
  );
}

export function isPeers(value: unknown): value is MemberPeers {
  return isValues(value) && isStrings(value.Active);
}

export function isReport(value: unknown): value is Report {
  return (
    isValues(value) &&
    isNumber(value.uptimeSeconds) &&
    optional(orNull(isString))(value.mount) &&
    optional(isString)(value.mountHost) &&
    optional(isString)(value.mountFailure) &&
    optional(orNull(isOpenFiles))(value.openFiles) &&
    optional(isSearch)(value.search)
  );
}

function isOpenFiles(value: unknown): boolean {
  return isValues(value) && isNumber(value.open) && orNull(isNumber)(value.limit);
}

function isSearch(value: unknown): boolean {
  return isValues(value) && isNumber(value.seconds) && isStrings(value.failures);
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null;
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isString);
}

function optional(is: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || is(value);
}

function orNull(is: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === null || is(value);
}
