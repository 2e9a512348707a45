import type { MemberEntry } from '../anchor/circuit.js';
import type { MemberPeek, MemberPeers } from '../kinds/member/kind.js';
import type { DaemonReport, OpenFiles, SearchReport } from '../kinds/member/runtime-report.js';
import {
  type FailedMember,
  failedMembers,
  isMended,
  isTrouble,
  type LogLine,
} from './log-lines.js';

/** A member that failed so long ago is no reason any more: its host may be gone for good. */
const FAILED_RECENTLY_MS = 10 * 60 * 1000;

/** So long a daemon may look for others before it is a reason that it is alone: hosts boot at once. */
const ALONE_SECONDS = 10;

/** When so much of its open files is used, the daemon will soon refuse connections. */
const NEARLY_ALL = 0.9;

/** How many of the last errors are shown. */
const ERRORS_SHOWN = 5;

/** The part of the file `stk` that is of use here. A daemon of an earlier build tells less. */
export interface Report extends Partial<DaemonReport> {
  readonly uptimeSeconds: number;
  readonly openFiles?: OpenFiles | null;
}

/** A daemon's own report, with the members that it knows, and the look at its mount. */
export interface Facts {
  /** In milliseconds since the epoch. */
  readonly now: number;
  /** HOST:PORT of its address. */
  readonly authority: string;
  readonly peek: MemberPeek;
  readonly peers: MemberPeers;
  readonly members: readonly MemberEntry[];
  readonly report: Report;
  /** The last lines of its log. */
  readonly log: readonly LogLine[];
  /** Whether its mount could be looked at from here, and what was wrong with it, if anything. */
  readonly mountLook: { readonly wrong?: string | undefined } | undefined;
}

/** Whether a daemon is well, as `circuit status --json` prints it. */
export interface Health {
  readonly Well: boolean;
  /** Why not, each in a few words. */
  readonly Reasons: readonly string[];
  /** Left out, as all that follows, where no daemon answers. */
  readonly Daemon?: DaemonHealth;
  readonly Mount?: MountHealth;
  readonly Members?: readonly MemberHealth[];
  /** Those that failed within ten minutes and have not come back. */
  readonly Failed?: readonly { readonly Name: string; readonly At: string }[];
  /** How many members it keeps links to. */
  readonly Neighbours?: number;
  readonly OpenFiles?: { readonly Open: number; readonly Limit: number | null } | null;
  readonly Errors?: readonly { readonly At: string; readonly What: string }[];
}

interface DaemonHealth {
  readonly Name: string;
  readonly Host: string;
  readonly Version: string;
  readonly Pid: number;
  readonly Addr: string;
  readonly UptimeSeconds: number;
}

interface MountHealth {
  /** Null where there is none. */
  readonly Path: string | null;
  /** Its host, `native` or `fuse-native`; null where there is none. */
  readonly Fuse: string | null;
  /** Why there is none though there should be one, in a sentence; else null. */
  readonly Failure: string | null;
  /** Whether it was looked at from here, and answered; null where it was not. */
  readonly Answers: boolean | null;
}

interface MemberHealth {
  readonly Name: string;
  readonly Host: string;
  readonly State: string;
  readonly Version: string;
}

export function healthOf(facts: Facts): Health {
  const { peek, members, peers, report, log, now } = facts;
  const { openFiles } = report;
  const failed = failedMembers(log).filter(({ at }) => now - Date.parse(at) < FAILED_RECENTLY_MS);
  const reasons = [
    ...mountReasons(facts),
    ...memberReasons(members, failed, now),
    ...(members.length === 1 ? searchReasons(report.search) : []),
    ...(members.length > 1 && peers.Active.length === 0
      ? [`it keeps no links to others, though it knows of ${members.length - 1}`]
      : []),
    ...fileReasons(openFiles),
  ];
  return {
    Well: reasons.length === 0,
    Reasons: reasons,
    Daemon: {
      Name: peek.Name,
      Host: peek.Host ?? '',
      Version: peek.Version ?? '',
      Pid: peek.Pid ?? 0,
      Addr: facts.authority,
      UptimeSeconds: Math.round(report.uptimeSeconds),
    },
    Mount: {
      Path: report.mount ?? null,
      Fuse: report.mountHost ?? null,
      Failure: report.mountFailure ?? null,
      Answers: facts.mountLook ? facts.mountLook.wrong === undefined : null,
    },
    Members: members.map(({ name, host, state, version }) => ({
      Name: name,
      Host: host,
      State: state,
      Version: version,
    })),
    Failed: failed.map(({ name, at }) => ({ Name: name, At: at })),
    Neighbours: peers.Active.length,
    OpenFiles: openFiles ? { Open: openFiles.open, Limit: openFiles.limit } : null,
    Errors: log
      .filter((line) => isTrouble(line) && !isMended(line, report.search?.failures))
      .slice(-ERRORS_SHOWN)
      .map(({ at, what }) => ({ At: at, What: what })),
  };
}

function mountReasons({ report, mountLook }: Facts): readonly string[] {
  const { mount, mountFailure } = report;
  if (mountFailure !== undefined) return [`it is not mounted: ${mountFailure}`];
  return mountLook?.wrong === undefined ? [] : [`its mount on ${mount} ${mountLook.wrong}`];
}

function memberReasons(
  members: readonly MemberEntry[],
  failed: readonly FailedMember[],
  now: number,
): readonly string[] {
  const silent = members.filter(({ state }) => state === 'suspect');
  return [
    ...silent.map(({ name, host }) => `/${name}${host && ` on ${host}`} does not answer`),
    ...failed.map(
      ({ name, at }) => `/${name} failed ${duration((now - Date.parse(at)) / 1000)} ago`,
    ),
  ];
}

/** Those of a daemon that is alone; on purpose, if there is nobody that it looks for. */
function searchReasons(search: SearchReport | undefined): readonly string[] {
  if (!search || search.seconds < ALONE_SECONDS || search.failures.length === 0) return [];
  return [`it is alone: ${search.failures.join('; ')}`];
}

function fileReasons(files: OpenFiles | null | undefined): readonly string[] {
  if (files === undefined) return [];
  if (files === null) return ['it has no descriptor left to count its open files with'];
  const { open, limit } = files;
  return limit !== null && open > limit * NEARLY_ALL
    ? [`${open} of the ${limit} files that it may have are open`]
    : [];
}

/** The health in lines for a user; the first one tells whether the daemon is well. */
export function healthLines(health: Health): readonly string[] {
  const { Well, Reasons, Daemon, Mount, Members = [], OpenFiles, Errors = [] } = health;
  const first = Well ? 'well' : `not well: ${Reasons.join('; ')}`;
  if (!Daemon || !Mount) return [first];
  const { Name, Host, Version, Pid, Addr, UptimeSeconds } = Daemon;
  const others = Members.filter((member) => member.Version !== '' && member.Version !== Version);
  const rows: readonly (readonly [string, string])[] = [
    ['daemon', `/${Name} on ${Host}, version ${Version}`],
    ['', `process ${Pid}, up ${duration(UptimeSeconds)}, listens on ${Addr}`],
    ['mount', mountLine(Mount)],
    ['network', networkLine(health)],
    ...others.map(
      (member) => ['', `/${member.Name} on ${member.Host} has version ${member.Version}`] as const,
    ),
    ...(OpenFiles
      ? [['files', `${OpenFiles.Open} open of ${OpenFiles.Limit ?? 'any number'}`] as const]
      : []),
    ...Errors.map(({ At, What }, index) => [index === 0 ? 'lately' : '', `${At} ${What}`] as const),
  ];
  return [first, '', ...rows.map(([title, said]) => `${title.padEnd(8)} ${said}`)];
}

function mountLine({ Path, Fuse, Failure, Answers }: MountHealth): string {
  if (Path === null) return Failure === null ? 'none, as was asked for' : 'none';
  const by = Fuse === null || Fuse === 'native' ? '' : ` (${Fuse})`;
  if (Answers === null) return `${Path}${by}, which cannot be looked at from here`;
  return `${Path}${by}, which ${Answers ? 'answers' : 'does not answer'}`;
}

function networkLine({ Members = [], Failed = [], Neighbours = 0 }: Health): string {
  const suspect = Members.filter(({ State }) => State === 'suspect').length;
  const counts = [
    `${Members.length - suspect} alive`,
    ...(suspect > 0 ? [`${suspect} suspect`] : []),
    ...(Failed.length > 0 ? [`${Failed.length} failed recently`] : []),
  ];
  const neighbours = Neighbours === 1 ? '1 neighbour' : `${Neighbours} neighbours`;
  return `${counts.join(', ')}; ${neighbours}`;
}

/** A time in one or two units: `3 d 4 h`, `12 s`. */
export function duration(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const;
  let left = Math.max(0, Math.round(seconds));
  const parts = units.flatMap(([size, unit]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return parts.slice(0, 2).join(' ') || '0 s';
}
