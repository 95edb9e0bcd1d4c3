/**
 * `tqmail queue`: qmail-qstat's two lines, then qmail-qread's listing (spec admin.md §1, §2), from the running
 * node, or from the store itself while nobody runs. With `--export qmail` each message as qmail's queue files.
 */
import { parseArgs } from 'node:util';
import type { QueuePage } from '../../actors/node-api.js';
import { statLines } from '../../protocol/qread.js';
import { CommandTrouble, reason } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';
import { askNode } from './client.js';
import { listMessage } from './listing.js';

const pageSize = 200;

export async function main(args: readonly string[]): Promise<number> {
  const { home, exported } = words(args);
  if (exported) {
    const { exportQueue } = await import('./export.js');
    await exportQueue(home, (line) => process.stdout.write(line));
    return 0;
  }
  const pages = await pageReader(home);
  let first = true;
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: QueuePage = await pages(after);
    if (first) process.stdout.write(statLines(page.total, page.todo));
    first = false;
    process.stdout.write(page.messages.map(listMessage).join(''));
    after = page.next;
  }
  return 0;
}

function words(args: readonly string[]): { readonly home: string; readonly exported: boolean } {
  try {
    const { values } = parseArgs({ args: [...args], options: { home: { type: 'string' }, export: { type: 'string' } } });
    if (values.export !== undefined && values.export !== 'qmail')
      throw new Error(`--export ${values.export}: only qmail is known`);
    return { home: homeFolder(values.home), exported: values.export !== undefined };
  } catch (error) {
    throw new CommandTrouble(64, `${reason(error)}\n${usageLine('queue')}`);
  }
}

export async function pageReader(home: string): Promise<(after: number) => Promise<QueuePage>> {
  const running = await askNode(home, { verb: 'status' });
  if (running === undefined) return (await import('./stored-queue.js')).storedPages(home);
  return async (after) => {
    const answer = await askNode(home, { verb: 'queue', after, limit: pageSize });
    if (answer?.tag === 'done') return answer.value as QueuePage;
    throw new CommandTrouble(111, `queue: ${answer?.text ?? 'the server stopped meanwhile'}`);
  };
}
