import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Address } from '../base/address.js';
import { errorMessage, noAnswer } from '../base/error.js';
import { escapeControls, escapeControlsInJson } from '../base/escape-controls.js';
import { CircuitClient } from '../client/client.js';
import type { Files } from '../kinds/control-file.js';
import type { MemberPeek } from '../kinds/member/kind.js';
import { isPeek, isPeers, isReport, parseFile } from './daemon-files.js';
import { type DialOptions, reach } from './dial.js';
import { type Facts, type Health, healthLines, healthOf, type Report } from './health.js';
import { logLines } from './log-lines.js';
import { lookAtMount } from './mount-look.js';
import { written } from './output.js';

/** So long the daemon may take, in milliseconds: with the start of this program it is less than 5 s. */
const LIMIT_MS = 3_000;

/** How much of the end of the log is searched, in bytes. */
const LOG_BYTES = 64 * 1024;

export interface StatusOptions extends DialOptions {
  readonly json?: boolean;
}

/** `circuit status`: whether the daemon is well. It alone is asked, and exits with 1 if it is not. */
export async function status(options: StatusOptions): Promise<void> {
  const health = await healthNow(options);
  const text = options.json
    ? escapeControlsInJson(JSON.stringify(health, undefined, 2))
    : healthLines(health).map(escapeControls).join('\n');
  await written(process.stdout, `${text}\n`);
  // A daemon or a mount that hangs would keep us.
  process.exit(health.Well ? 0 : 1);
}

/** The health of the daemon; within the limit in any case. */
async function healthNow(options: StatusOptions): Promise<Health> {
  let tried = 'the daemon';
  const told = async () => {
    await using client = await reach(options, (address, clusterKey) => {
      tried = address.authority;
      return CircuitClient.dial(address, { clusterKey });
    });
    using files = await client.anchor(`/${client.self}`).files();
    return healthOf(await factsOf(client, files));
  };
  const late = delay(LIMIT_MS).then(() => noDaemon(noAnswer(tried, LIMIT_MS)));
  return await Promise.race([told().catch(noDaemon), late]);
}

function noDaemon(error: unknown): Health {
  return { Well: false, Reasons: [errorMessage(error)] };
}

async function factsOf(client: CircuitClient, files: Files): Promise<Facts> {
  const [peek, peers, report, log] = await Promise.all([
    files.value('peek').then((text) => parseFile('peek', text, isPeek)),
    files.value('peers').then((text) => parseFile('peers', text, isPeers)),
    files.value('stk').then((text) => parseFile('stk', text, isReport)),
    endOfLog(files),
  ]);
  return {
    now: Date.now(),
    authority: Address.parse(peek.Addr).authority,
    peek,
    peers,
    members: client.members(),
    report,
    log: logLines(log),
    mountLook: await lookFor(peek, report),
  };
}

async function endOfLog(files: Files): Promise<string> {
  const log = files.log('log');
  const { start, end } = await log.extent();
  const { data } = await log.read(Math.max(start, end - LOG_BYTES), LOG_BYTES);
  return Buffer.from(data).toString();
}

/** Looks at the mount of a daemon that runs on this host. */
async function lookFor(
  { Name, Host, Pid }: MemberPeek,
  { mount }: Report,
): Promise<Facts['mountLook']> {
  const isHere = Host === hostname() && existsSync(`/proc/${Pid}`);
  return isHere && mount ? { wrong: await lookAtMount(mount, Name) } : undefined;
}
