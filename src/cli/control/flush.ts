/**
 * `tqmail flush HOST|DOMAIN...`: mail for these destinations is tried now, held or not, and no host counts as down any
 * longer. Needs the running server.
 */
import { parseArgs } from 'node:util';
import { wrongDestination } from '../../protocol/destination.js';
import { CommandTrouble, complain, reason } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';
import { askServer } from './ask-server.js';

const mostNames = 100;

export async function main(args: readonly string[]): Promise<number> {
  const { home, names } = words(args);
  const answer = await askServer(home, { verb: 'flush', names });
  if (answer?.tag !== 'done') {
    complain(`tqmail: flush: ${answer?.text ?? 'not running'}`);
    return 111;
  }
  const count = typeof answer.value === 'number' ? `${answer.value} messages are due now` : 'going on in the background';
  process.stdout.write(`${names.join(' ')}: ${count}\n`);
  return 0;
}

function words(args: readonly string[]): { readonly home: string; readonly names: readonly string[] } {
  try {
    const options = { home: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (positionals.length === 0) throw new Error('name a host or domain; * means all');
    if (positionals.length > mostNames) throw new Error(`at most ${mostNames} names`);
    const names = positionals.map((name) => name.toLowerCase());
    for (const name of names) {
      const wrong = wrongDestination(name);
      if (wrong !== undefined) throw new Error(`"${name}" ${wrong}`);
    }
    return { home: homeFolder(values.home), names };
  } catch (error) {
    throw new CommandTrouble(64, `flush: ${reason(error)}\n${usageLine('flush')}`);
  }
}
