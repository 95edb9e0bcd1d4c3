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
  const [first] = read.problems;
  throw new CommandTrouble(111, `${first?.file}:${first?.line}: ${first?.text}`);
}

export async function exportQueue(home: string, served: boolean, write: (line: string) => void): Promise<void> {
  await eachQueued(home, served, (part, route) => write(exportLine(part, route)));
}

/** Every queued message, ascending, with the routing to show it by. */
export async function eachQueued(home: string, served: boolean, tell: (part: QueuedPart, route: Route) => void): Promise<void> {
  const route = await routeOf(home);
  const one = (part: QueuedPart): void => tell(part, route);
  if (served) await runningExport(home, one);
  else await (await import('./stored-queue.js')).storedExport(home, one);
}

async function runningExport(home: string, tell: (whole: QueuedPart) => void): Promise<void> {
  for (let after = 0; ; ) {
    const parts = await partsOf(home, after, 0);
    if (parts.length === 0) return;
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

async function partsOf(home: string, after: number, from: number): Promise<readonly QueuedPart[]> {
  const answer = await askNode(home, { verb: 'export', after, from });
  if (answer?.tag !== 'done') throw new CommandTrouble(111, `queue: ${answer?.text ?? 'the server stopped meanwhile'}`);
  if (Array.isArray(answer.value)) return answer.value as readonly QueuedPart[];
  throw new CommandTrouble(111, 'queue: the running server is of another version; restart it');
}
