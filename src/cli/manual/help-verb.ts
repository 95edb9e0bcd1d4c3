/**
 * `tqmail help [VERB]` and `tqmail VERB --help`.
 */
import { complain } from '../complain.js';
import { overview, verbHelp, verbNamed } from './help.js';

export async function main(args: readonly string[]): Promise<number> {
  const [name] = args;
  if (name === undefined) {
    process.stdout.write(`${overview()}\n`);
    return 0;
  }
  const verb = verbNamed(name);
  if (verb === undefined) {
    complain(`tqmail: help: unknown verb ${name}; there are those that "tqmail help" names`);
    return 1;
  }
  process.stdout.write(`${verbHelp(verb)}\n`);
  return 0;
}
