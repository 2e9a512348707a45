import { Argument, type Command } from 'commander';
import { SHELLS, type Shell } from './command-line-words.js';

/** The command that the shells call, named as that of cobra's programs. */
const COMPLETE = '__complete';

/** Adds the commands that complete the others. */
export function addCompletion(circuit: Command): void {
  circuit
    .command('completion')
    .description('print what makes a shell complete our command lines')
    .addArgument(new Argument('<SHELL>', 'its first lines say how to install it').choices(SHELLS))
    .action(async (shell: Shell) => {
      const { SCRIPTS } = await import('./completion-scripts.js');
      process.stdout.write(SCRIPTS[shell]);
    });

  circuit
    .command(COMPLETE, { hidden: true })
    .addArgument(new Argument('<SHELL>').choices(SHELLS))
    .argument('<LINE>', 'the command line up to the cursor')
    .argument('[WORD]', 'what the shell replaces of it; without it the whole last word')
    .action(async (shell: Shell, line: string, word?: string) =>
      (await import('./complete.js')).complete(circuit, { shell, line, word }),
    );
}
