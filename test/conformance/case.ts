import type { Host } from './host.js';
import type { Place } from './scene.js';

/** A host cannot do what a case promises: the case has to fail there, and in this way. */
export interface Inability {
  /** A clause for the table, such as `libfuse has no poll`. */
  readonly reason: string;
  /** How the case fails. */
  readonly fails: RegExp;
  /** It is a matter of time: the case may also do well. */
  readonly sometimes?: boolean;
}

/** A promise, or a behaviour that programs rely on. */
export interface Case {
  readonly name: string;
  /** Throws where the promise is broken. */
  run(place: Place): Promise<void>;
  /** It is not run on the anchor of another member as well: it does not depend on whose the files are. */
  readonly once?: boolean;
  readonly cannot?: { readonly [host in Host]?: Inability };
}

/** Cases of one theme. */
export interface Theme {
  readonly name: string;
  readonly cases: readonly Case[];
}

type Options = Pick<Case, 'once' | 'cannot'>;

/** A case that is a script of Python, which fails by itself. */
export function python(name: string, script: string, options: Options = {}): Case {
  const run = async (place: Place) => {
    const { status, printed } = await place.python(script);
    if (status !== 0) throw new Error(`Python ended with ${status}: ${printed}`);
  };
  return { name, run, ...options };
}

/** A case that is a line of shell, and what it prints; errors are printed, too. */
export function shell(
  name: string,
  script: string,
  prints: string | RegExp,
  { status = 0, ...options }: Options & { readonly status?: number } = {},
): Case {
  const run = async (place: Place) => {
    const result = await place.sh(`exec 2>&1; ${script}`);
    const isRight =
      typeof prints === 'string' ? result.stdout === prints : prints.test(result.stdout);
    if (isRight && result.status === status) return;
    const seen = JSON.stringify(result.stdout);
    throw new Error(`status ${result.status}, and it printed ${seen}`);
  };
  return { name, run, ...options };
}

/** The same cases, on this daemon's own member alone: they are about the host and the kernel. */
export function once(cases: readonly Case[]): readonly Case[] {
  return cases.map((each) => ({ ...each, once: true }));
}
