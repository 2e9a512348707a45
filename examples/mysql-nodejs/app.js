/**
 * Keeps notes in a MariaDB server, which it finds by a name server of the circuit.
 *
 *   PUT /NAME    keeps the body as the note of this name
 *   GET /NAME    gives it
 *   GET /        gives the names of all
 *
 * Its environment: NAMES is the address of the name server (HOST:PORT), DATABASE the name that it is
 * asked for, PASSWORD that of the user `tutorial` of the database, and PORT where it listens itself.
 */
import { Resolver } from 'node:dns/promises';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';

const { NAMES, DATABASE = 'db.tutorial', PASSWORD, PORT = '8080' } = process.env;
/** So long a request waits for a database that is being started again, in milliseconds. */
const PATIENCE = 20_000;

// Not the host's resolver, which need not know of this name server.
const names = new Resolver({ timeout: 1_000, tries: 2 });
names.setServers([NAMES]);

/** The connection to the database, or a promise that has failed; undefined until one is needed. */
let connection;

async function connect() {
  const [host] = await names.resolve4(DATABASE);
  const login = { user: 'tutorial', password: PASSWORD, database: 'tutorial' };
  const made = await createConnection({ host, ...login, connectTimeout: 2_000 });
  // The next statement finds out that the connection is lost.
  made.on('error', () => {});
  await made.query('CREATE TABLE IF NOT EXISTS notes (name VARCHAR(100) PRIMARY KEY, body TEXT)');
  return made;
}

/** Runs a statement; once more where the connection was lost meanwhile, so it must bear to be repeated. */
async function run(sql, ...values) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    connection ??= connect();
    const used = connection;
    try {
      const [rows] = await (await used).execute({ sql, values, timeout: 5_000 });
      return rows;
    } catch (error) {
      const isLost = error.fatal || error.syscall;
      if (!isLost || Date.now() > deadline) throw error;
      if (connection === used) connection = undefined;
      used.then((lost) => lost.destroy()).catch(() => {});
      await delay(100);
    }
  }
}

async function answer(request) {
  const name = decodeURIComponent(request.url.slice(1));
  if (request.method === 'PUT') {
    await run('REPLACE INTO notes VALUES (?, ?)', name, await text(request));
    return [204];
  }
  if (request.method !== 'GET') return [405];
  if (name === '') {
    const notes = await run('SELECT name FROM notes ORDER BY name');
    return [200, notes.map((note) => `${note.name}\n`).join('')];
  }
  const [note] = await run('SELECT body FROM notes WHERE name = ?', name);
  return note ? [200, `${note.body}\n`] : [404];
}

// Our daemon holds this. It ends when the daemon is killed, which then cannot end us in order.
process.stdin.once('end', () => process.exit()).resume();

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error) => {
    console.error(error.message);
    return [503];
  });
  response.writeHead(status).end(body);
});
server.listen(Number(PORT), () => console.log(`listening on port ${PORT}`));
