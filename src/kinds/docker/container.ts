import type { Interruptible } from '../../base/interruptible.js';
import { HeldProgram } from '../held-program.js';
import type { ContainerPhase } from './container-life.js';
import type { Inspection } from './inspection.js';

/** The engine's inspection of a container, of which more is there than these types tell. */
export interface ContainerPeek extends Partial<Inspection> {
  readonly Phase: ContainerPhase;
  /** Empty while it runs, then the status; `unknown` if nobody saw it end. */
  readonly Exit: string;
  /** The part of the command that has no effect. */
  readonly Note?: string;
}

/**
 * The engine's statistics of a container, one sample: their commonly used members, of which those that are
 * optional depend on its version and on the host's control groups. More is there than these types tell.
 * @see https://docs.docker.com/reference/api/engine/, "Get container stats based on resource usage"
 */
export interface ContainerStats {
  readonly id: string;
  /** With a slash before it. */
  readonly name: string;
  /** When it was taken, as RFC 3339 has it; of the year 1 where the container does not run. */
  readonly read: string;
  readonly cpu_stats: {
    /** In nanoseconds. */
    readonly cpu_usage: {
      readonly total_usage: number;
      readonly usage_in_kernelmode: number;
      readonly usage_in_usermode: number;
    };
    /** The host's, in nanoseconds. */
    readonly system_cpu_usage?: number;
    readonly online_cpus?: number;
    /** How often, and for how many nanoseconds, it had used up its share. */
    readonly throttling_data: {
      readonly periods: number;
      readonly throttled_periods: number;
      readonly throttled_time: number;
    };
  };
  /** In bytes; empty where the container does not run. */
  readonly memory_stats: {
    /** With the pages of files that the kernel keeps for it. */
    readonly usage?: number;
    /** The host's memory where the command has no `Memory`. */
    readonly limit?: number;
    /** The most that it has used; cgroup v1 alone tells it. */
    readonly max_usage?: number;
    /** As memory.stat of its control group. */
    readonly stats?: Readonly<Record<string, number>>;
  };
  readonly pids_stats: {
    /** How many processes and threads it has. */
    readonly current?: number;
  };
  readonly blkio_stats: {
    /** Bytes for each device and `op` (`Read`, `Write` and others, in either case). */
    readonly io_service_bytes_recursive?:
      | readonly {
          readonly major: number;
          readonly minor: number;
          readonly op: string;
          readonly value: number;
        }[]
      | null;
  };
  /** By interface; absent where the container has no network of its own. */
  readonly networks?: Readonly<Record<string, ContainerTraffic>>;
}

/** The traffic of a network interface of a container. */
export interface ContainerTraffic {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}

/** A container of a member's Docker engine. A signal goes to its first process. */
export class Container extends HeldProgram<ContainerPeek, ContainerPeek> {
  readonly kind = 'docker';

  /** The engine's statistics, as they are now. @throws CircuitError EINTR */
  async stats({ signal }: Interruptible = {}): Promise<ContainerStats> {
    return JSON.parse(await this.files.value('stats', signal));
  }
}
