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
import { askNode } from './client.js';
import { listMessage } from './listing.js';
import type { ControlAnswer } from './messages.js';

const pageSize = 200;

export async function main(args: readonly string[]): Promise<number> {
  const { home, exported } = words(args);
  let output: Output | undefined;
  // Without a server the queue is locked while it is read: nobody who looks at a pager may hold that up.
  const write = (text: string, served: boolean): void => {
    output ??= new Output(1, 'queue: standard output', !served);
    output.write(text);
  };
  if (exported) {
    const { exportQueue } = await import('./export.js');
    await exportQueue(home, (line, served) => write(Buffer.from(line, 'utf8').toString('latin1'), served));
    output?.flush();
    return 0;
  }
  let first = true;
  await eachPage(home, (page, served) => {
    if (first) write(statLines(page.total, page.todo), served);
    first = false;
    write(page.messages.map(listMessage).join(''), served);
    return true;
  });
  output?.flush();
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

/**
 * Calls `tell` with page after page of the queue, the first even when it is empty, while it answers true; `served`: they
 * come from a running server.
 */
export async function eachPage(home: string, tell: (page: QueuePage, served: boolean) => boolean): Promise<void> {
  const ask = (after: number): Promise<ControlAnswer | undefined> => askNode(home, { verb: 'queue', after, limit: pageSize });
  let answer = await ask(0);
  if (answer === undefined) return (await import('./stored-queue.js')).storedPages(home, (page) => tell(page, false));
  for (;;) {
    if (answer?.tag !== 'done') throw new CommandTrouble(111, `queue: ${answer?.text ?? 'the server stopped meanwhile'}`);
    const page = answer.value as QueuePage;
    if (!tell(page, true) || page.next === undefined) return;
    answer = await ask(page.next);
  }
}
