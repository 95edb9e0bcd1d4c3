/**
 * `tqmail queue`: qmail-qstat's two lines, then qmail-qread's listing (spec admin.md §1, §2), from the running
 * node, or from the store itself while nobody runs. With `--export qmail` each message as qmail's queue files.
 */
import type { QueuePage } from '../../actors/node-api.js';
import { statLines } from '../../protocol/qread.js';
import type { QueueChoice } from '../../protocol/queue-choice.js';
import type { TableKey } from '../../protocol/queue-table.js';
import { CommandTrouble } from '../complain.js';
import { usageLine } from '../manual/help.js';
import { Output } from '../output.js';
import { choiceWords } from './choice.js';
import { askNode } from './client.js';
import { listMessage } from './listing.js';
import type { ControlAnswer } from './messages.js';

const pageSize = 200;

export async function main(args: readonly string[]): Promise<number> {
  const { home, choice, exported, by, json } = words(args);
  let output: Output | undefined;
  // Without a server the queue is locked while it is read: nobody who looks at a pager may hold that up.
  const write = (text: string, served: boolean): void => {
    output ??= new Output(1, 'queue: standard output', !served);
    output.write(text);
  };
  if (exported) {
    const { exportQueue } = await import('./export.js');
    await exportQueue(home, (line, served) => write(Buffer.from(line, 'utf8').toString('latin1'), served));
  } else if (choice !== undefined || by !== undefined || json) {
    const { listChosen } = await import('./chosen.js');
    await listChosen(home, { choice: choice ?? {}, by, json }, write);
  } else await listAll(home, write);
  output?.flush();
  return 0;
}

async function listAll(home: string, write: (text: string, served: boolean) => void): Promise<void> {
  let first = true;
  await eachPage(home, (page, served) => {
    if (first) write(statLines(page.total, page.todo), served);
    first = false;
    write(page.messages.map(listMessage).join(''), served);
    return true;
  });
}

interface QueueWords {
  readonly home: string;
  readonly choice: QueueChoice | undefined;
  readonly exported: boolean;
  readonly by: TableKey | undefined;
  readonly json: boolean;
}

function words(args: readonly string[]): QueueWords {
  const further = { export: { type: 'string' }, by: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { home, choice, more } = choiceWords('queue', args, further);
  const misuse = (text: string): CommandTrouble => new CommandTrouble(64, `queue: ${text}\n${usageLine('queue')}`);
  const { export: form, by, json } = more;
  if (form !== undefined && form !== 'qmail') throw misuse(`--export ${form}: only qmail is known`);
  if (by !== undefined && by !== 'host' && by !== 'sender') throw misuse(`--by ${by}: host and sender are known`);
  if (form !== undefined && (choice !== undefined || by !== undefined || json === true))
    throw misuse('--export takes no other option');
  if (by !== undefined && json === true) throw misuse('--by and --json exclude each other');
  return { home, choice, exported: form !== undefined, by, json: json === true };
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
