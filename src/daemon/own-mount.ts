import { MountError } from '../../mount/mounting/mount-error.js';
import type { Directory } from '../../mount/node.js';
import { Session, type SessionOptions } from '../../mount/session.js';
import { asCircuitError, CircuitError, errorMessage } from '../base/error.js';
import type { MountReport } from '../kinds/member/runtime-report.js';
import { isHiddenFromHost } from './mount-namespace.js';

/** Where the daemon mounts if it is not told; if it cannot, it goes on without a mount. */
const DEFAULT_MOUNTPOINT = '/circuit';

const HIDDEN =
  'the host does not see the mount: the service has a mount namespace of its own, by PrivateTmp=, ProtectSystem= or the like';

/** The host of the mount, as the command line says it. */
export type FuseOptions = Pick<SessionOptions, 'host' | 'timeoutS'>;

export interface OwnMountOptions {
  /** Makes the root of what is mounted. */
  readonly root: () => Directory;
  /** Whether a service manager has started this process. */
  readonly isService: boolean;
  /** Called with a sentence when it has been unmounted, by whomever. */
  readonly unmounted: (sentence: string) => void;
  /** Takes a sentence for the log. */
  readonly log: (event: string) => void;
}

/** The daemon's own mount of the network: where it is, or why there is none. */
export class OwnMount {
  readonly #options: OwnMountOptions;
  #session: Session | undefined;
  /** Where the session is mounted, until somebody unmounts it. */
  #directory: string | undefined;
  /** Why there is no mount, though there should be one. */
  #failure: string | undefined;

  constructor(options: OwnMountOptions) {
    this.#options = options;
  }

  /**
   * @param directory `undefined` for the default one if it can be used.
   * @throws CircuitError if a directory was given and cannot be mounted on
   */
  async open(
    directory: string | undefined,
    how: FuseOptions & Pick<SessionOptions, 'allowOther'>,
  ): Promise<void> {
    const { root, log, isService, unmounted } = this.#options;
    const wanted = directory ?? DEFAULT_MOUNTPOINT;
    const options = { fsname: 'circuit', subtype: 'circuit', ...how };
    try {
      this.#session = await Session.mount(root(), wanted, options);
    } catch (error) {
      const { code, message } = asCircuitError(error);
      const nowhere = error instanceof MountError && error.mountpoint === undefined;
      const why = nowhere ? `${message}; or start with --no-mount` : message;
      if (directory !== undefined) throw new CircuitError(code, why, { cause: error });
      this.#failure = why;
      log(`not mounted: ${why}`);
      return;
    }
    this.#directory = this.#session.mountpoint;
    const { host } = this.#session;
    const by = host === 'native' ? '' : ` (${host})`;
    log(`mounted on ${this.#directory}${by}`);
    // A service that is sandboxed by mistake; by hand it is meant.
    if (isService && isHiddenFromHost()) log(HIDDEN);
    this.#session.ended.then(() => {
      this.#directory = undefined;
      this.#failure = `${wanted} was unmounted`;
      unmounted(this.#failure);
    });
  }

  /** Where it is; `undefined` if there is none. */
  get directory(): string | undefined {
    return this.#directory;
  }

  get report(): MountReport {
    const session = this.#session;
    if (session && this.#directory !== undefined) {
      return { mount: this.#directory, mountHost: session.host, mountHolds: session.held };
    }
    const why = this.#failure;
    return { mount: null, ...(why !== undefined && { mountFailure: why }) };
  }

  /** As {@link Session.written}; at once if there is no mount. */
  async written(): Promise<void> {
    await this.#session?.written();
  }

  /** As {@link Session.invalidated}; at once if there is no mount. */
  async invalidated(): Promise<void> {
    await this.#session?.invalidated();
  }

  /** Unmounts. Never fails. @returns Whether no mount is left behind. */
  async close(): Promise<boolean> {
    try {
      await this.#session?.unmount();
      return true;
    } catch (error) {
      this.#options.log(`not unmounted: ${errorMessage(error)}`);
      return false;
    }
  }
}
