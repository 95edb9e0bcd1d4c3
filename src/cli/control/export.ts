/**
 * `tqmail queue --export qmail`: each queued message as the texts that qmail's queue files would hold, a JSON object a
 * line. Bytes are written as code units 0 to 255. From the running node, or from the store while nobody runs.
 */
import type { QueuedPart } from '../../actors/node-api.js';
import { queueFileTexts } from '../../protocol/qmail-queue-files.js';
import { compileRouting, type Routing } from '../../protocol/routing.js';
import { readSettings } from '../../store/control-dir.js';
import { CommandTrouble } from '../complain.js';
import { askNode } from './client.js';
import type { ControlAnswer } from './messages.js';

type Route = Routing['route'];

/** One message: number, birth and texts. */
export function exportLine({ head, seen, bounce, recipients }: QueuedPart, route: Route): string {
  const { id, birth, uid, qp, sender, preprocessed } = head;
  const texts = queueFileTexts({ uid, qp, sender, bounce, preprocessed, recipients }, seen ? route : undefined);
  return `${JSON.stringify({ id, birth, ...texts })}\n`;
}

/** Messages that the server has looked at are shown routed, as its settings now say. */
async function routeOf(home: string): Promise<Route> {
  const read = await readSettings(home);
  if ('settings' in read) return compileRouting(read.settings).route;
  const [{ file, line, text } = { file: 'control', line: 0, text: 'cannot be read' }] = read.problems;
  throw new CommandTrouble(111, `${file}${line === 0 ? '' : `:${line}`}: ${text}`);
}

export async function exportQueue(home: string, write: (line: string, served: boolean) => void): Promise<void> {
  await eachQueued(home, (part, route, served) => write(exportLine(part, route), served));
}

/** Every queued message, ascending, with the routing to show it by; `served`: it comes from a running server. */
export async function eachQueued(home: string, tell: (part: QueuedPart, route: Route, served: boolean) => void): Promise<void> {
  const route = await routeOf(home);
  const first = await askParts(home, 0, 0);
  if (first !== undefined) await runningExport(home, partsIn(first), (part) => tell(part, route, true));
  else await (await import('./stored-queue.js')).storedExport(home, (part) => tell(part, route, false));
}

async function runningExport(home: string, first: readonly QueuedPart[], tell: (whole: QueuedPart) => void): Promise<void> {
  let after = 0;
  for (let parts = first; parts.length > 0; parts = await partsOf(home, after, 0)) {
    for (const part of parts) {
      const { head } = part;
      const recipients = [...part.recipients];
      while (recipients.length < head.recipientCount) {
        const [more] = await partsOf(home, after, recipients.length);
        if (more === undefined || more.head.id !== head.id || more.recipients.length === 0) break;
        recipients.push(...more.recipients);
      }
      tell({ ...part, recipients });
      after = head.id;
    }
  }
}

const askParts = (home: string, after: number, from: number): Promise<ControlAnswer | undefined> =>
  askNode(home, { verb: 'export', after, from });

const partsOf = async (home: string, after: number, from: number): Promise<readonly QueuedPart[]> =>
  partsIn(await askParts(home, after, from));

function partsIn(answer: ControlAnswer | undefined): readonly QueuedPart[] {
  if (answer?.tag !== 'done') throw new CommandTrouble(111, `queue: ${answer?.text ?? 'the server stopped meanwhile'}`);
  if (Array.isArray(answer.value)) return answer.value as readonly QueuedPart[];
  throw new CommandTrouble(111, 'queue: the running server is of another version; restart it');
}
