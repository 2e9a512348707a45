/** The parts that we use of docker-modem 5.0.7, which has no types of its own. */
declare module 'docker-modem' {
  import type { IncomingMessage } from 'node:http';
  import type { Socket } from 'node:net';

  interface Request {
    readonly path: string;
    readonly method: string;
    /** Without `_query` it would take the last character of a path with a question mark. */
    readonly options: { readonly _query: object; readonly _body: unknown };
    readonly statusCodes: Readonly<Record<number, true>>;
    /** The answer is given as it comes. */
    readonly isStream: true;
    /** The answer may be the connection itself. */
    readonly hijack?: boolean;
    readonly abortSignal?: AbortSignal | undefined;
  }

  class Modem {
    constructor(options: {
      readonly socketPath: string;
      readonly host: undefined;
      readonly protocol: 'http';
      readonly timeout: undefined;
      readonly headers: Readonly<Record<string, string>>;
    });
    dial(
      request: Request,
      callback: (error: Error | null, answer: IncomingMessage | Socket) => void,
    ): void;
  }

  export = Modem;
}
