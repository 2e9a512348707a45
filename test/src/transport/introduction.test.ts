import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect as connectTcp, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { Address, newSecret } from '../../../src/base/address.js';
import { RateLimit } from '../../../src/base/rate-limit.js';
import { ClusterKeys, generateClusterKey } from '../../../src/transport/cluster-keys.js';
import { dial } from '../../../src/transport/dial.js';
import { INTRODUCTION_PATH, introduce } from '../../../src/transport/introduction.js';
import { Listener, type ListenOptions, SUBPROTOCOL } from '../../../src/transport/listener.js';
import {
  introductionIdentity,
  introductionKey,
  presharedKey,
  pskIdentity,
  pskOptions,
  TLS_VERSION,
} from '../../../src/transport/security.js';
import { Janitor } from '../../janitor.js';

const HOST = '127.0.0.1';

/** Files of keys; each text is a key. */
class KeyFiles {
  readonly #directory: string;
  #count = 0;

  constructor(t: ExecutionContext) {
    this.#directory = new Janitor(t).directory;
  }

  file(...keys: string[]): ClusterKeys {
    this.#count += 1;
    const file = join(this.#directory, String(this.#count));
    writeFileSync(file, `${keys.join('\n')}\n`);
    return ClusterKeys.read(file);
  }
}

/** A daemon's listener, and what it logs. */
async function daemon(
  t: ExecutionContext,
  clusterKeys?: ClusterKeys,
  options: Pick<ListenOptions, 'introductions'> = {},
) {
  const secret = newSecret();
  const events: string[] = [];
  const accepted: WebSocket[] = [];
  let self: string | undefined;
  let told = 0;
  const listener = await Listener.listen(
    {
      host: HOST,
      port: 0,
      secret,
      clusterKeys,
      ...options,
      self: () => {
        told += 1;
        return self;
      },
      log: (event) => events.push(event),
    },
    (socket) => accepted.push(socket.on('error', () => {})),
  );
  t.teardown(() => listener.close());
  const address = new Address(HOST, listener.port, 1, secret);
  self = address.toString();
  const where = { host: HOST, port: listener.port };
  return { where, address, events, accepted, told: () => told };
}

const byKey = ({ first }: ClusterKeys) =>
  pskOptions({ psk: introductionKey(first), identity: introductionIdentity(first) });

const byAddress = ({ secret }: Address, { first }: ClusterKeys) =>
  pskOptions({ psk: presharedKey(secret, first), identity: pskIdentity(first) });

/** Sends `text` over TLS: what came back, the error that ended it, and the sessions that it got. */
async function tls(port: number, options: ConnectionOptions, text = '') {
  const socket = connectTls({ host: HOST, port, checkServerIdentity: () => undefined, ...options });
  let [received, failure] = ['', ''];
  const sessions: Buffer[] = [];
  socket.on('session', (session) => sessions.push(session));
  socket.on('data', (data) => {
    received += data;
  });
  socket.on('error', (error) => {
    failure = error.message;
  });
  socket.on('secureConnect', () => socket.write(text));
  await new Promise((resolve) => socket.once('close', resolve));
  return { received, failure, sessions };
}

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const UPGRADE = `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`;

/** A program that listens, and is ended with the test. */
async function listening(t: ExecutionContext, server: Server) {
  server.listen(0, HOST);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { host: HOST, port: (server.address() as AddressInfo).port };
}

test('each key of the daemon’s file gets its address; another key, and no key, get nothing', async (t) => {
  const files = new KeyFiles(t);
  const [one, two, three] = [generateClusterKey(), generateClusterKey(), generateClusterKey()];
  const { where, address, events } = await daemon(t, files.file(one, two));
  for (const keys of [files.file(one), files.file(two), files.file(two, three)]) {
    t.is(String(await introduce(where, keys)), address.toString());
  }
  t.deepEqual(events, []);
  await t.throwsAsync(introduce(where, files.file(three, one)), { code: 'EACCES' });
  t.deepEqual(events, [`refused: 1 handshake with an unknown key, from ${HOST}`]);
  const keyless = await daemon(t);
  await t.throwsAsync(introduce(keyless.where, files.file(one)), { code: 'EACCES' });
});

test('a connection by address is accepted with each key of the file, and with no other', async (t) => {
  const files = new KeyFiles(t);
  const [one, two, three] = [generateClusterKey(), generateClusterKey(), generateClusterKey()];
  const { address, events } = await daemon(t, files.file(one, two));
  for (const clusterKeys of [files.file(one), files.file(two)]) {
    (await dial(address, { clusterKeys })).terminate();
  }
  t.deepEqual(events, []);
  await t.throwsAsync(dial(address, { clusterKeys: files.file(three) }), { code: 'EACCES' });
  await t.throwsAsync(dial(address, {}), { code: 'EACCES' });
  t.deepEqual(events, [`refused: 1 handshake with an unknown key, from ${HOST}`]);
  const other = await daemon(t, files.file(one));
  const wrong = new Address(HOST, other.address.port, 1, newSecret());
  await t.throwsAsync(dial(wrong, { clusterKeys: files.file(one) }), { code: 'EACCES' });
  t.deepEqual(other.events, [`refused: 1 handshake with a wrong address, from ${HOST}`]);
});

test('a key that was taken away opens nothing, though its TLS session is offered again', async (t) => {
  const files = new KeyFiles(t);
  const [one, two] = [generateClusterKey(), generateClusterKey()];
  const [old, keys] = [files.file(one), files.file(one)];
  const { where, address } = await daemon(t, keys);
  const standing = await dial(address, { clusterKeys: old });
  t.teardown(() => standing.terminate());
  const introduced = await tls(where.port, byKey(old), GET(INTRODUCTION_PATH));
  t.true(introduced.received.includes(address.toString()));
  const joined = await tls(where.port, byAddress(address, old), GET('/'));
  writeFileSync(keys.file, `${two}\n`);
  await keys.reload();
  await t.throwsAsync(introduce(where, old), { code: 'EACCES' });
  await t.throwsAsync(dial(address, { clusterKeys: old }), { code: 'EACCES' });
  const sessions = [...introduced.sessions, ...joined.sessions];
  // OpenSSL gives tickets that are of no use.
  t.true(sessions.length > 0);
  for (const session of sessions) {
    for (const options of [TLS_VERSION, byKey(old), byAddress(address, old)]) {
      for (const text of [GET(INTRODUCTION_PATH), UPGRADE]) {
        const offered = { ...options, session, rejectUnauthorized: false };
        const { received, failure } = await tls(where.port, offered, text);
        t.is(received, '');
        t.regex(failure, /alert/);
      }
    }
  }
  t.is(standing.readyState, standing.OPEN);
  t.is(String(await introduce(where, files.file(two))), address.toString());
});

test('an unknown key fails just as a wrong one that bears the name of a right one', async (t) => {
  const files = new KeyFiles(t);
  const right = files.file(generateClusterKey());
  const { where } = await daemon(t, right);
  const psk = Buffer.alloc(32, 1);
  const known = [introductionIdentity(right.first), pskIdentity(right.first)];
  const failures = [];
  for (const identity of [
    ...known,
    'circuit by key:00000000',
    'circuit',
    'constructor',
    'x'.repeat(200),
  ]) {
    failures.push((await tls(where.port, pskOptions({ psk, identity }))).failure);
  }
  const alerts = failures.map((failure) => /alert number \d+/.exec(failure)?.[0]);
  t.regex(alerts[0] ?? '', /alert number (47|51)/);
  t.deepEqual(new Set(alerts), new Set([alerts[0]]), failures.join('\n'));
});

test('an introduced peer can do nothing but ask for the address, once', async (t) => {
  const files = new KeyFiles(t);
  const keys = files.file(generateClusterKey());
  const introductions = new RateLimit(0, 2);
  const { where, address, accepted } = await daemon(t, keys, { introductions });
  const { port } = where;
  const upgrade = new WebSocket(`wss://${HOST}:${port}`, SUBPROTOCOL, {
    ...byKey(keys),
    checkServerIdentity: () => true,
  } as object);
  t.truthy(await once(upgrade, 'error'));
  t.is((await tls(port, byKey(keys), UPGRADE)).received, '');
  t.is(accepted.length, 0);
  for (const text of [GET('/'), GET(INTRODUCTION_PATH).replace('GET', 'POST')]) {
    const { received } = await tls(port, byKey(keys), text);
    t.regex(received, /^HTTP\/1\.1 404 /);
    t.false(received.includes(address.secret));
  }
  const often = await tls(port, byKey(keys), GET(INTRODUCTION_PATH).repeat(9));
  t.is(often.received.split(address.secret).length, 2, often.received);
  t.is(String(await introduce(where, keys)), address.toString());
});

test('one that holds the address is not introduced over that connection', async (t) => {
  const keys = new KeyFiles(t).file(generateClusterKey());
  const { where, address } = await daemon(t, keys);
  const { received } = await tls(where.port, byAddress(address, keys), GET(INTRODUCTION_PATH));
  t.regex(received, /^HTTP\/1\.1 426 /);
  t.false(received.includes(address.secret));
});

test('an introduction that was recorded, and is played again, gives nothing', async (t) => {
  const keys = new KeyFiles(t).file(generateClusterKey());
  const { where, address, events, told } = await daemon(t, keys);
  const sent: Buffer[] = [];
  const proxy = createServer((client) => {
    const server = connectTcp(where);
    client.on('data', (data) => sent.push(data)).on('error', () => {});
    server.on('error', () => {});
    client.pipe(server).pipe(client);
  });
  t.is(String(await introduce(await listening(t, proxy), keys)), address.toString());
  const record = Buffer.concat(sent);
  t.true(record.includes('circuit by key:'));
  t.false(record.includes(address.secret));
  const played = connectTcp(where);
  const answer: Buffer[] = [];
  played.on('data', (data) => answer.push(data)).on('error', () => {});
  played.write(record);
  await new Promise((resolve) => played.once('close', resolve));
  // It has got as far as the handshake of the daemon, which has not told its address again.
  t.true(answer.length > 0);
  t.is(told(), 1);
  t.deepEqual(events, [`refused: 1 handshake with an unknown key, from ${HOST}`]);
});

test('introductions have a rate, and the log says once that there were too many', async (t) => {
  const files = new KeyFiles(t);
  const keys = files.file(generateClusterKey());
  const introductions = new RateLimit(0, 2);
  const { where, address, events } = await daemon(t, keys, { introductions });
  // One that does not prove the key takes nothing of it away.
  const stranger = files.file(generateClusterKey());
  for (let tries = 0; tries < 5; tries += 1) {
    await t.throwsAsync(introduce(where, stranger), { code: 'EACCES' });
  }
  for (let tries = 0; tries < 2; tries += 1) await introduce(where, keys);
  for (let tries = 0; tries < 3; tries += 1) {
    await t.throwsAsync(introduce(where, keys), { code: 'EAGAIN' });
  }
  t.deepEqual(events, [`refused: 1 handshake with an unknown key, from ${HOST}`]);
  const busy = await daemon(t, keys, { introductions: new RateLimit(0, 0) });
  for (let tries = 0; tries < 3; tries += 1) {
    await t.throwsAsync(introduce(busy.where, keys), { code: 'EAGAIN' });
  }
  t.deepEqual(busy.events, [`refused: 1 introduction too many, from ${HOST}`]);
  // It has nothing to do with those who hold the address.
  (await dial(address, { clusterKeys: keys })).terminate();
});

test('what does not answer as a daemon does is told apart', async (t) => {
  const keys = new KeyFiles(t).file(generateClusterKey());
  const silent = await listening(
    t,
    createServer((socket) => socket.on('error', () => {}).resume()),
  );
  await t.throwsAsync(introduce(silent, keys, { timeout: 100 }), { code: 'ETIMEDOUT' });
  const interrupted = new AbortController();
  const waiting = introduce(silent, keys, { signal: interrupted.signal });
  interrupted.abort();
  await t.throwsAsync(waiting, { code: 'EINTR' });
  await t.throwsAsync(introduce(silent, keys, { signal: AbortSignal.abort() }), { code: 'EINTR' });
  const other = await listening(
    t,
    createServer((socket) => socket.on('error', () => {}).end('220 mail\r\n')),
  );
  await t.throwsAsync(introduce(other, keys), { code: 'EPROTO' });
  const closing = await listening(
    t,
    createServer((socket) => socket.on('error', () => {}).destroy()),
  );
  await t.throwsAsync(introduce(closing, keys), { code: 'ECONNRESET' });
  const gone = await listening(t, createServer());
  const nobody = createServer().listen(0, HOST);
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  nobody.close();
  await once(nobody, 'close');
  await t.throwsAsync(introduce({ host: gone.host, port }, keys), { code: 'ECONNREFUSED' });
  await t.throwsAsync(introduce({ host: 'no such host.invalid', port }, keys), {
    code: 'EHOSTUNREACH',
  });
});

test('an answer that is no circuit address, or without an end, is not believed', async (t) => {
  const keys = new KeyFiles(t).file(generateClusterKey());
  const answers = ['', 'hello\n', 'x'.repeat(100_000), `circuit://h:1/2/Q${'a'.repeat(31)}\n`];
  const psk = introductionKey(keys.first);
  for (const answer of answers) {
    const server = createHttpsServer({ ...TLS_VERSION, pskCallback: () => psk }, (_, response) =>
      response.end(answer),
    );
    await t.throwsAsync(introduce(await listening(t, server), keys), { code: 'EPROTO' });
  }
});
