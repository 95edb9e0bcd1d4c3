/**
 * The texts of qmail's queue files for one message: info, local, remote and todo are records that end in a NUL (spec
 * queue.md §3). Makes them from a message's rows and reads them back. Names no file and opens none.
 */
import type { ByteString, Channel, Routed } from './mail.js';

/** One message as the files of its number say it; a file that would not exist is absent. */
export interface QueueFileTexts {
  readonly info?: ByteString;
  readonly local?: ByteString;
  readonly remote?: ByteString;
  readonly bounce?: ByteString;
  readonly todo?: ByteString;
}

export interface ExportedMessage {
  readonly uid: number;
  readonly qp: number;
  readonly sender: ByteString;
  readonly bounce: ByteString;
  readonly preprocessed: boolean;
  readonly recipients: readonly { readonly address: ByteString; readonly routed?: Routed; readonly done: boolean }[];
}

/**
 * `route` given: for a message that qmail would have preprocessed, whatever this queue has kept of its routing. Without it such
 * a message is a todo text with those recipients that are not done: there is no mark for the others.
 */
export function queueFileTexts(message: ExportedMessage, route?: (recipient: ByteString) => Routed): QueueFileTexts {
  const { uid, qp, sender } = message;
  const bounce = message.bounce === '' ? {} : { bounce: message.bounce };
  if (!message.preprocessed && route === undefined) {
    const left = message.recipients.filter(({ done }) => !done).map(({ address }) => `T${address}\0`);
    return { ...bounce, todo: `u${uid}\0p${qp}\0F${sender}\0${left.join('')}` };
  }
  const recipients = message.recipients.map((row) => (row.routed || !route ? row : { ...row, routed: route(row.address) }));
  return { info: `F${sender}\0`, ...channelText('local', recipients), ...channelText('remote', recipients), ...bounce };
}

/** Absent when the channel has nothing left to deliver: qmail-send removes the file then. */
function channelText(channel: Channel, recipients: ExportedMessage['recipients']): QueueFileTexts {
  const own = recipients.filter(({ routed }) => routed?.channel === channel);
  if (own.every(({ done }) => done)) return {};
  return { [channel]: own.map(({ routed, done }) => `${done ? 'D' : 'T'}${routed?.address}\0`).join('') };
}

/** What a text of records says. `problem`: it is no such text; nothing of it may be believed. */
export type Records<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const wrong = (problem: string): { readonly ok: false; readonly problem: string } => ({ ok: false, problem });

function records(text: ByteString): Records<readonly string[]> {
  if (text !== '' && !text.endsWith('\0')) return wrong('the last record does not end');
  return { ok: true, value: text.split('\0').slice(0, -1) };
}

/** The sender of an info text. */
export function readInfo(text: ByteString): Records<ByteString> {
  const read = records(text);
  if (!read.ok) return read;
  const [first] = read.value;
  if (read.value.length !== 1 || first?.[0] !== 'F') return wrong('it is not one record F');
  return { ok: true, value: first.slice(1) };
}

export interface ChannelRecord {
  readonly address: ByteString;
  readonly done: boolean;
}

/** The recipients of a local or remote text. */
export function readChannel(text: ByteString): Records<readonly ChannelRecord[]> {
  const read = records(text);
  if (!read.ok) return read;
  const found: ChannelRecord[] = [];
  for (const record of read.value) {
    if (record[0] !== 'T' && record[0] !== 'D') return wrong(`unknown record type ${JSON.stringify(record[0] ?? '')}`);
    found.push({ address: record.slice(1), done: record[0] === 'D' });
  }
  return { ok: true, value: found };
}

export interface TodoText {
  readonly uid: number;
  readonly qp: number;
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
}

/** A todo (or intd) text; uid and qp are 0 where it does not say them, as in qmail's log. */
export function readTodo(text: ByteString): Records<TodoText> {
  const read = records(text);
  if (!read.ok) return read;
  let [uid, qp]: [number, number] = [0, 0];
  let sender: ByteString | undefined;
  const recipients: ByteString[] = [];
  for (const record of read.value) {
    const rest = record.slice(1);
    if (record[0] === 'u' || record[0] === 'p') {
      if (!/^\d{1,15}$/.test(rest)) return wrong(`record ${record[0]} is no number`);
      if (record[0] === 'u') uid = Number(rest);
      else qp = Number(rest);
    } else if (record[0] === 'F') sender = rest;
    else if (record[0] === 'T') recipients.push(rest);
    else return wrong(`unknown record type ${JSON.stringify(record[0] ?? '')}`);
  }
  return sender === undefined ? wrong('it has no sender') : { ok: true, value: { uid, qp, sender, recipients } };
}
