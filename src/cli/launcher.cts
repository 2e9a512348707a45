#!/usr/bin/env node
/**
 * The command `circuit`: runs its bundle with the code that V8 made of it when it was bundled
 * (`src/bundle.mjs`). Where there is none, or it is of another version, V8 compiles as ever.
 */
import fs = require('node:fs');
import path = require('node:path');
import url = require('node:url');
import vm = require('node:vm');

const MAIN = 'main.cjs';
const CODE = 'main.cache';

function kept(): { cachedData?: Buffer } {
  try {
    return { cachedData: fs.readFileSync(path.join(__dirname, CODE)) };
  } catch {
    return {};
  }
}

const file = path.join(__dirname, MAIN);
// The name that stack traces tell is kept with the code.
const script = new vm.Script(fs.readFileSync(file, 'utf8'), { filename: MAIN, ...kept() });
script.runInThisContext()(require, url.pathToFileURL(file).href);
