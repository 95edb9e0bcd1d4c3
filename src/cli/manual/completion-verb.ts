/**
 * `tqmail completion SHELL`.
 */
import { CommandTrouble } from '../complain.js';
import { completion, isShell } from './completion.js';
import { usageLine } from './help.js';

export async function main(args: readonly string[]): Promise<number> {
  const [shell] = args;
  if (args.length !== 1 || !isShell(shell)) {
    throw new CommandTrouble(64, `completion: name a shell: bash, zsh or fish\n${usageLine('completion')}`);
  }
  process.stdout.write(completion(shell));
  return 0;
}
