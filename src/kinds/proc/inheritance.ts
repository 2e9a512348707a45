/** The things that a process gets from the daemon, as they were when the daemon was started. */

/** All variables of the circuit begin with this; the key and the address may be among them. */
const SECRET = 'CIRCUIT';

/**
 * Variables by which a service manager, or a program that mounts, speaks to the daemon alone
 * (systemd.exec(5), sd_notify(3), sd_listen_fds(3), openrc-run(8), fusermount3(1)). A process that
 * had them would speak for the daemon: it could report the service ready, take its own log for the
 * journal's, or keep its files in the daemon's directories.
 */
const SERVICE = new Set([
  '_FUSE_COMMFD',
  'CACHE_DIRECTORY',
  'CONFIGURATION_DIRECTORY',
  'CREDENTIALS_DIRECTORY',
  'DEBUG_INVOCATION',
  'EINFO_LASTCMD',
  'EINFO_LOG',
  'FDSTORE',
  'INVOCATION_ID',
  'JOURNAL_STREAM',
  'LISTEN_FDNAMES',
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_PIDFDID',
  'LOG_NAMESPACE',
  'LOGS_DIRECTORY',
  'MAINPID',
  'MANAGERPID',
  'MANAGERPIDFDID',
  'MEMORY_PRESSURE_WATCH',
  'MEMORY_PRESSURE_WRITE',
  'NOTIFY_SOCKET',
  'PIDFILE',
  'RC_SERVICE',
  'RC_SVCNAME',
  'RUNTIME_DIRECTORY',
  'STATE_DIRECTORY',
  'SVCNAME',
  'SYSTEMD_EXEC_PID',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
]);

/**
 * The soft limit of open files that Linux gives to its first process, and systemd to all services
 * (INR_OPEN_CUR in include/uapi/linux/fs.h, DefaultLimitNOFILE in systemd-system.conf(5)).
 */
const CONVENTIONAL_OPEN_FILES = 1024;

let environment: readonly string[] | undefined;

/** The daemon's environment, which nothing changes, less its secrets and its service manager's variables. */
export function inheritedEnvironment(): readonly string[] {
  environment ??= Object.entries(process.env)
    .filter(([name]) => !name.startsWith(SECRET) && !SERVICE.has(name))
    .map(([name, value]) => `${name}=${value}`);
  return environment;
}

/**
 * The soft limit of open files. Node raises its own to the hard one at its start, so the command
 * notes it before it becomes Node (src/build/bundle.mjs). A daemon that was started as `node circuit.cjs`
 * cannot know it, and its processes get the conventional one: select(2) fails above it, and a
 * program that can use more raises its soft limit itself, since the hard limit stays.
 */
export function inheritedOpenFiles(): number {
  const noted = process.env.CIRCUIT_NOFILE ?? '';
  if (noted === 'unlimited') return Number.POSITIVE_INFINITY;
  return /^\d+$/.test(noted) ? Number(noted) : CONVENTIONAL_OPEN_FILES;
}
