/** A name server, as a program of the library gives it to be made. */
export interface NameServerOptions {
  /** `HOST:PORT`, `[HOST]:PORT`, `HOST` or `:PORT`; by default a free port where the member is reached. */
  readonly Listen?: string;
  /** A zone such as `circuit.internal`, in which the members have names. */
  readonly Members?: string;
}
