/**
 * Preloaded (`node --require`) while the command is bundled: when the process ends, keeps the code
 * that V8 has made of the bundle by then, which is of the functions that were called.
 */
const { writeFileSync } = require('node:fs');
const vm = require('node:vm');
const checksum = require('../../dist/src/cli/checksum.cjs');

// The daemon's address file is to be in $XDG_RUNTIME_DIR, for root, too.
process.getuid = undefined;

const { Script } = vm;

vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options);
    process.on('exit', () => {
      const code = this.createCachedData();
      const sum = Buffer.alloc(4);
      sum.writeUInt32LE(checksum(code));
      writeFileSync(process.env.CIRCUIT_KEEP_CODE, Buffer.concat([code, sum]));
    });
  }
};
