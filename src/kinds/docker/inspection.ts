/** The parts that we read of the engine's inspection of a container. */
export interface Inspection {
  readonly Id: string;
  /** With a slash before it. */
  readonly Name: string;
  readonly State: {
    /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly OOMKilled: boolean;
    /** On the host; 0 if there is no process. */
    readonly Pid: number;
    readonly ExitCode: number;
  };
  readonly Config: {
    readonly Env: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>>;
  };
}

export function parseInspection(json: string): Inspection {
  return JSON.parse(json);
}
