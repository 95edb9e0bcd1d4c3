/**
 * What one transaction came to, as qmail-remote reports it (letters r, h, s and K, Z, D) and as qmail-rspawn makes
 * one outcome a recipient of it (spec remote.md §6). Texts only; the dialogue is client.ts.
 */
import type { ByteString, Outcome, Status } from '../mail.js';

/** Recipient record: r accepted, h refused for good, s refused for now. */
export interface RecipientRecord {
  readonly letter: 'r' | 'h' | 's';
  readonly text: ByteString;
}

export interface TransactionRecord {
  /** In the order of the recipients; undefined: the server never answered about it. */
  readonly recipients: readonly (RecipientRecord | undefined)[];
  readonly message: Outcome;
}

export function givingUp(peer: ByteString): ByteString {
  return `Giving up on ${peer}.\n`;
}

/** A line of ours, then what the server said, if it said something. */
export function withReply(line: ByteString, reply: ByteString | undefined): ByteString {
  return reply ? `${line}\nRemote host said: ${reply}` : `${line}\n`;
}

export function connectionDied(peer: ByteString, possibleDuplicate: boolean): Outcome {
  const duplicate = possibleDuplicate ? ' Possible duplicate!' : '';
  return { status: 'Z', text: `Connected to ${peer} but connection died.${duplicate} (#4.4.2)\n` };
}

function outcomeOf(record: RecipientRecord | undefined, message: Outcome, peer: ByteString): Outcome {
  if (record === undefined || record.letter === 'r') return message;
  const status: Status = record.letter === 'h' ? 'D' : 'Z';
  return { status, text: record.text + givingUp(peer) };
}

/**
 * One outcome a recipient, each as if it had been delivered alone: a refused one keeps its refusal whatever
 * became of the message, the others share the message's fate.
 */
export function outcomesOf(record: TransactionRecord, peer: ByteString): Outcome[] {
  return record.recipients.map((recipient) => outcomeOf(recipient, record.message, peer));
}

/** The records as qmail-remote writes them, each ended by NUL. */
export function rawReport(record: TransactionRecord): ByteString {
  let raw = '';
  for (const recipient of record.recipients) if (recipient) raw += `${recipient.letter}${recipient.text}\0`;
  return `${raw}${record.message.status}${record.message.text}\0`;
}
