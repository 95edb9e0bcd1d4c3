/** How much of the queue goes to each host, or comes from each sender. Pure; memory grows with the number of names alone. */
import type { ByteString } from './mail.js';
import { ageText, isHeld } from './queue-choice.js';

export type TableKey = 'host' | 'sender';

interface TableRow {
  messages: number;
  recipients: number;
  octets: number;
  held: number;
  birth: number;
  due: number;
}

export interface TableMessage {
  readonly head: {
    readonly birth: number;
    readonly sender: ByteString;
    readonly unixSize: number;
    readonly due?: { readonly local?: number; readonly remote?: number };
  };
  /** Those that are meant. */
  readonly recipients: readonly { readonly address: ByteString; readonly routed?: { readonly address: ByteString } }[];
}

/** Rows that are shown. */
const most = 50;

export class QueueTable {
  readonly #key: TableKey;
  readonly #now: number;
  readonly #rows = new Map<ByteString, TableRow>();

  /** `now` in seconds since 1970. */
  constructor(key: TableKey, now: number) {
    this.#key = key;
    this.#now = now;
  }

  add(message: TableMessage): void {
    const counts = new Map<ByteString, number>();
    if (this.#key === 'sender') counts.set(`<${message.head.sender}>`, message.recipients.length);
    else
      for (const { address, routed } of message.recipients) {
        const host = hostOf(routed?.address ?? address);
        counts.set(host, (counts.get(host) ?? 0) + 1);
      }
    for (const [name, recipients] of counts) this.#count(name, message, recipients);
  }

  #count(name: ByteString, { head }: TableMessage, recipients: number): void {
    const row = this.#rows.get(name) ?? {
      messages: 0,
      recipients: 0,
      octets: 0,
      held: 0,
      birth: head.birth,
      due: Number.POSITIVE_INFINITY,
    };
    row.messages += 1;
    row.recipients += recipients;
    row.octets += head.unixSize;
    row.birth = Math.min(row.birth, head.birth);
    if (isHeld(head.due, this.#now)) row.held += 1;
    else row.due = Math.min(row.due, nextTry(head.due) ?? this.#now);
    this.#rows.set(name, row);
  }

  /** A line a name, most messages first. */
  text(): string {
    const rows = [...this.#rows].sort(([a, x], [b, y]) => y.messages - x.messages || (a < b ? -1 : 1));
    const lines = rows.slice(0, most).map(([name, row]) => this.#line(name, row));
    if (rows.length > most) lines.push(`... and ${rows.length - most} more\n`);
    return `messages recipients      MiB     held   oldest next try  ${this.#key}\n${lines.join('')}`;
  }

  #line(name: ByteString, { messages, recipients, octets, held, birth, due }: TableRow): string {
    const next = due === Number.POSITIVE_INFINITY ? '-' : due <= this.#now ? 'now' : ageText(due - this.#now);
    const columns = [
      `${messages}`.padStart(8),
      `${recipients}`.padStart(10),
      (octets / 1_048_576).toFixed(1).padStart(8),
      `${held}`.padStart(8),
      ageText(this.#now - birth).padStart(8),
      next.padStart(8),
    ];
    return `${columns.join(' ')}  ${name.replace(/[^\x20-\x7e]/g, '_')}\n`;
  }
}

/** Undefined for a message that is not planned: its turn comes as soon as there is room. */
function nextTry(due: { readonly local?: number; readonly remote?: number } | undefined): number | undefined {
  return due && Math.min(due.local ?? Number.POSITIVE_INFINITY, due.remote ?? Number.POSITIVE_INFINITY);
}

const hostOf = (address: ByteString): ByteString => address.slice(address.lastIndexOf('@') + 1).toLowerCase();
