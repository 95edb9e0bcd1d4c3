/** `tqmail queue` for a part of the queue: the messages that are meant, a line each as JSON, or how many there are for each host. */

import type { QueuedPart } from '../../actors/node-api.js';
import { compileChoice, type QueueChoice } from '../../protocol/queue-choice.js';
import { QueueTable, type TableKey } from '../../protocol/queue-table.js';
import { eachQueued } from './export.js';
import { listMessage } from './listing.js';

export interface ChosenWords {
  readonly choice: QueueChoice;
  readonly by: TableKey | undefined;
  readonly json: boolean;
}

export async function listChosen(
  home: string,
  { choice, by, json }: ChosenWords,
  write: (text: string, served: boolean) => void,
): Promise<void> {
  const chosen = compileChoice(choice);
  const isMeant = compileChoice({ to: choice.to });
  const table = by === undefined ? undefined : new QueueTable(by, Math.floor(Date.now() / 1000));
  let fromServer = true;
  await eachQueued(home, (part, _route, served) => {
    fromServer = served;
    if (chosen(part) === 'no') return;
    const { head, bounce, recipients } = part;
    if (table !== undefined) {
      const meant = recipients.filter((recipient) => !recipient.done && isMeant({ head, recipients: [recipient] }) !== 'no');
      table.add({ head, recipients: meant });
    } else write(json ? jsonLine(part) : listMessage({ head, bouncing: bounce !== '', recipients }), served);
  });
  if (table !== undefined) write(table.text(), fromServer);
}

/** Octets of addresses stand as code units 0 to 255. */
function jsonLine({ head, bounce, recipients }: QueuedPart): string {
  const { id, birth, unixSize: size, sender, due } = head;
  const rows = recipients.map(({ address, routed, done }) => ({
    address: routed?.address ?? address,
    channel: routed?.channel,
    done,
  }));
  const line = JSON.stringify({ id, birth, size, sender, bouncing: bounce !== '', due, recipients: rows });
  return Buffer.from(`${line}\n`, 'utf8').toString('latin1');
}
