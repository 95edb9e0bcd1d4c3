/**
 * One message of a qmail's queue as this queue keeps it: who handed it in (its own Received line says so), its recipients,
 * what is done of them, and its next tries. Large bodies become body files. Decides nothing about which messages.
 */
import { createReadStream, readSync } from 'node:fs';
import type { Origin, Routed } from '../../protocol/mail.js';
import type { AdoptedState } from '../../store/adopting-store.js';
import { createBodyFile, spillLimit } from '../../store/body-file.js';
import type { QmailMessage } from '../../store/qmail-queue-dir.js';
import type { Body, NewMessage } from '../../store/queue-store.js';

export interface TakeOver {
  readonly message: NewMessage;
  readonly state: AdoptedState;
  /** Removes a body file that no message came to name. */
  readonly discard: () => Promise<void>;
}

/** A message is known again by number and birth. */
export function keyOf({ number, birthNanoseconds }: QmailMessage): string {
  return `${number}.${birthNanoseconds}`;
}

/** Rejects with the system's error when the message cannot be read or its body file not be written. */
export async function takeOver(source: QmailMessage, queueDir: string): Promise<TakeOver> {
  const rows = [...source.local, ...source.remote];
  const isLocal = (index: number): boolean => index < source.local.length;
  const undone = rows.some(({ done }) => !done);
  const recipients = source.todo?.recipients ?? rows.map(({ address }) => address);
  const routed = rows.map(({ address }, index): Routed => ({ channel: isLocal(index) ? 'local' : 'remote', address }));
  const { body, head, discard } = await bodyOf(source, queueDir);
  const origin = originOf(head);
  const { uid, qp } = source.todo ?? origin;
  return {
    message: { ...origin, uid, qp, birth: source.birth, sender: source.sender, recipients, body, unixSize: source.size },
    state: {
      key: keyOf(source),
      // What has nothing left to try is taken as accepted: the server sees that it is done, and bounces or ends it.
      ...(source.todo === undefined && undone ? { routed } : {}),
      due: dueOf(source),
      done: rows.flatMap(({ done }, index) => (done ? [index] : [])),
      bounceText: source.bounce,
    },
    discard,
  };
}

/** Only channels with something left are tried. */
function dueOf({ local, remote, due }: QmailMessage): AdoptedState['due'] {
  const left = (records: QmailMessage['local']): boolean => records.some(({ done }) => !done);
  return {
    ...(left(local) ? { local: due.local ?? 0 } : {}),
    ...(left(remote) ? { remote: due.remote ?? 0 } : {}),
  };
}

interface Origins {
  readonly origin: Origin;
  readonly uid: number;
  readonly qp: number;
}

/** What the queue's own line on top of the message says. */
function originOf(head: string): Origins {
  const [, qp, words, uid] = /^Received: \(qmail (\d{1,15}) invoked ((?:by|from|for) \w+)(?: (\d{1,10}))?\);/.exec(head) ?? [];
  const origin =
    words === 'for bounce' ? 'bounce' : words === 'from network' ? 'smtp' : words === 'by alias' ? 'forward' : 'inject';
  return { origin, uid: Number(uid ?? 0), qp: Number(qp ?? 0) };
}

const headOctets = 200;

async function bodyOf(
  { mess, size }: QmailMessage,
  queueDir: string,
): Promise<{ readonly body: Body; readonly head: string; readonly discard: () => Promise<void> }> {
  if (size <= spillLimit) {
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let at = 0; at < size; ) {
      const read = readSync(mess, bytes, at, size - at, at);
      if (read === 0) throw new Error('the message became shorter while it was read');
      at += read;
    }
    return { body: { form: 'unix', bytes }, head: bytes.toString('latin1', 0, headOctets), discard: async () => undefined };
  }
  const file = await createBodyFile(queueDir);
  try {
    let head = '';
    for await (const chunk of createReadStream('', { fd: mess, autoClose: false, start: 0 }) as AsyncIterable<Buffer>) {
      if (head === '') head = chunk.toString('latin1', 0, headOctets);
      await file.write(chunk);
    }
    const closed = await file.close();
    if (closed.size !== size) throw new Error('the message changed while it was read');
    return { body: { form: 'unix', file: file.name, ...closed }, head, discard: () => file.discard() };
  } catch (error) {
    await file.discard();
    throw error;
  }
}
