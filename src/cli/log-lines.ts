import { TRYING_AGAIN } from '../bootstrap/search.js';

/** A line of the operations log. */
export interface LogLine {
  /** RFC 3339. */
  readonly at: string;
  /** An operation: its caller, path, command and outcome; or `- ` and an event. */
  readonly what: string;
}

/** The whole lines of a part of the log. */
export function logLines(part: string): readonly LogLine[] {
  return [...part.matchAll(/^(\d{4}-\S+Z) (.*)\n/gm)].map(([, at = '', what = '']) => ({
    at,
    what,
  }));
}

/** The words for events that nobody wants: something is not so, has failed, or was lost. */
const UNWANTED =
  /^- (peer=|.*\b(not|no|cannot|failed|ignored|refused|without|alone|stays behind|read by others|trying again)\b)/;

/** Whether a line tells of an operation that failed, or of an event that nobody wants. */
export function isTrouble({ what }: LogLine): boolean {
  return what.startsWith('- ') ? UNWANTED.test(what) : !what.endsWith(': ok');
}

/**
 * Whether a line tells of a daemon that was not met, and since has been, or is not met for another
 * reason now.
 * @param failures Those of now; `undefined` where the daemon does not tell them.
 */
export function isMended({ what }: LogLine, failures: readonly string[] | undefined): boolean {
  if (!failures || !what.endsWith(TRYING_AGAIN)) return false;
  return !failures.includes(what.slice('- '.length, -TRYING_AGAIN.length));
}

export interface FailedMember {
  readonly name: string;
  readonly at: string;
}

/** The members that failed and have not come back since under their names. */
export function failedMembers(lines: readonly LogLine[]): readonly FailedMember[] {
  const failed = new Map<string, string>();
  for (const { at, what } of lines) {
    const [, name = '', event] = /^- (X[0-9a-f]{16}) (failed|joined)$/.exec(what) ?? [];
    failed.delete(name);
    if (event === 'failed') failed.set(name, at);
  }
  return [...failed].map(([name, at]) => ({ name, at }));
}
