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
import { Output } from '../output.js';
import { askNode, isServed } from './client.js';
import { listMessage } from './listing.js';

const pageSize = 200;

export async function main(args: readonly string[]): Promise<number> {
  const { home, exported } = words(args);
  const served = await isServed(home);
  // Without a server the queue is locked while it is read: nobody who looks at a pager may hold that up.
  const output = new Output(1, 'queue: standard output', !served);
  if (exported) {
    const { exportQueue } = await import('./export.js');
    await exportQueue(home, served, (line) => output.write(Buffer.from(line, 'utf8').toString('latin1')));
    output.flush();
    return 0;
  }
  let first = true;
  await eachPage(home, served, (page) => {
    if (first) output.write(statLines(page.total, page.todo));
    first = false;
    output.write(page.messages.map(listMessage).join(''));
    return true;
  });
  output.flush();
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

/** Calls `tell` with page after page of the queue, the first even when it is empty, while it answers true. */
export async function eachPage(home: string, served: boolean, tell: (page: QueuePage) => boolean): Promise<void> {
  if (!served) return (await import('./stored-queue.js')).storedPages(home, tell);
  for (let after: number | undefined = 0; after !== undefined; ) {
    const answer = await askNode(home, { verb: 'queue', after, limit: pageSize });
    if (answer?.tag !== 'done') throw new CommandTrouble(111, `queue: ${answer?.text ?? 'the server stopped meanwhile'}`);
    const page = answer.value as QueuePage;
    if (!tell(page)) return;
    after = page.next;
  }
}
