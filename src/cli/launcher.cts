/**
 * The command `circuit`: runs its bundle with the code that V8 made of it when it was bundled
 * (`src/build/bundle.mjs`). Where there is none, or it is of another version, V8 compiles as ever.
 * An older Node than the bundle needs is refused here: it would run it, and fail in the middle.
 */
import fs = require('node:fs');
import path = require('node:path');
import url = require('node:url');
import vm = require('node:vm');
import checksum = require('./checksum.cjs');

// Node would open a debugger, and not ask who connects.
process.on('SIGUSR1', () => {});

/** The oldest Node that the package is for, as `20.19`: `src/build/bundle.mjs` has it from package.json. */
declare const OLDEST_NODE: string;

const [major = 0, minor = 0] = numbers(process.version.slice(1));
const [oldestMajor = 0, oldestMinor = 0] = numbers(OLDEST_NODE);
if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  process.stderr.write(`circuit needs Node ${OLDEST_NODE} or later; this is ${process.version}\n`);
  process.exit(1);
}

const MAIN = 'main.cjs';
/** The code that a daemon calls, or that other commands do: more of it takes longer to read. */
const CODE = process.argv[2] === 'start' ? 'daemon.cache' : 'command.cache';

function numbers(version: string): readonly number[] {
  return version.split('.').map(Number);
}

/** V8 does not check what it reads, and crashes on a file that a power cut has damaged. */
function kept(): { cachedData?: Buffer } {
  try {
    const file = fs.readFileSync(path.join(__dirname, CODE));
    const code = file.subarray(0, -4);
    return file.readUInt32LE(code.length) === checksum(code) ? { cachedData: code } : {};
  } catch {
    return {};
  }
}

const file = path.join(__dirname, MAIN);
// Outside of comments it is ASCII, which is read as Latin-1 in a fraction of the time.
const source = fs.readFileSync(file, 'latin1');
// The name that stack traces tell is kept with the code.
const script = new vm.Script(source, { filename: MAIN, ...kept() });
script.runInThisContext()(require, url.pathToFileURL(file).href);
