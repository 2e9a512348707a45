import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Lets a command end in order also when its terminal has gone. At its end Node puts the terminals
 * on descriptors 0 to 2 back into the modes that they had, and aborts where that fails (ResetStdio in
 * its src/node.cc), as it does for one that has hung up. It passes over a descriptor that is closed.
 */
export function surviveLostTerminal(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}
