/** `tqmail compact`: gives the disk back what the queue's data file does not need any more. Only while no server runs. */
import { CommandTrouble } from '../complain.js';
import { careArguments } from './arguments.js';
import { lockedQueue } from './locked-queue.js';

export async function main(args: readonly string[]): Promise<number> {
  const { home } = careArguments(args, 'compact', [], false);
  const { compactQueue } = await import('../../store/compact-queue.js');
  const { messages, before, after } = await lockedQueue(home, 'compact', (dir) =>
    compactQueue(dir).catch((error: unknown) => {
      throw new CommandTrouble(111, `cannot compact: ${error instanceof Error ? error.message : String(error)}`);
    }),
  );
  process.stdout.write(`${messages} messages; data file ${before} octets before, ${after} after\n`);
  return 0;
}
