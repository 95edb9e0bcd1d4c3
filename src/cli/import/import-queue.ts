/**
 * `tqmail import-queue DIR`: takes what is queued in a stopped qmail's queue folder over into this home's queue. Each message
 * is taken over in one transaction together with a record that it was, so that the command may be run again after any end.
 * The old queue is only read.
 */
import { closeSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { AdoptingStore } from '../../store/adopting-store.js';
import { listQmailQueue, type QmailFiles, type QmailMessage, readQmailMessage } from '../../store/qmail-queue-dir.js';
import { CommandTrouble, reason } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';
import { progressBeside } from '../progress.js';
import { withStore } from '../queue/own-store.js';
import { withRoot } from './privileges.js';
import { holdSource } from './source-lock.js';
import { keyOf, takeOver } from './take-over.js';

interface Words {
  readonly home: string;
  /** Undefined: --forget. */
  readonly source: string | undefined;
}

export async function main(args: readonly string[]): Promise<number> {
  const { home, source } = words(args);
  if (source === undefined) {
    const count = await withStore(home, (store) => store.forgetAdopted());
    process.stdout.write(`${count} forgotten\n`);
    return 0;
  }
  const release = holdSource(source);
  try {
    return await withStore(home, (store, folder) => importAll(source, store, folder));
  } finally {
    release();
  }
}

function words(args: readonly string[]): Words {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { home: { type: 'string' }, forget: { type: 'boolean' } },
    });
    const forget = values.forget ?? false;
    if (positionals.length !== (forget ? 0 : 1)) throw new Error('one queue folder is needed');
    const [source] = positionals;
    return { home: homeFolder(values.home), source: source === undefined ? undefined : resolve(source) };
  } catch (error) {
    throw new CommandTrouble(64, `${reason(error)}\n${usageLine('import-queue')}`);
  }
}

interface Counts {
  imported: number;
  known: number;
  skipped: number;
  faulty: number;
}

/** Messages that share a flush to disk. */
const atOnce = 32;

async function importAll(source: string, store: AdoptingStore, queueDir: string): Promise<number> {
  let files: readonly QmailFiles[];
  try {
    files = withRoot(() => listQmailQueue(source));
  } catch (error) {
    throw new CommandTrouble(111, `${source} is no queue of qmail that can be read: ${(error as Error).message}`);
  }
  const counts: Counts = { imported: 0, known: 0, skipped: 0, faulty: 0 };
  let pending: Promise<void>[] = [];
  // Where the lines themselves come to a terminal they tell how far it is.
  const progress = progressBeside(process.stdout, 'import-queue');
  for (const [index, entry] of files.entries()) {
    progress.show(`${index} of ${files.length}`);
    const kept = await importOne(entry, store, queueDir, counts);
    if (kept !== undefined) pending.push(kept());
    if (pending.length < atOnce) continue;
    await Promise.all(pending);
    pending = [];
  }
  await Promise.all(pending);
  progress.clear();
  const { imported, known, skipped, faulty } = counts;
  say(`${imported} imported, ${known} imported before, ${skipped} not queued, ${faulty} cannot be read`);
  return faulty === 0 ? 0 : 1;
}

/** What remains is to keep it, which may go on while the next one is read. */
async function importOne(
  entry: QmailFiles,
  store: AdoptingStore,
  queueDir: string,
  counts: Counts,
): Promise<(() => Promise<void>) | undefined> {
  const read = withRoot(() => readQmailMessage(entry));
  if (read.tag === 'message') {
    try {
      return await adopt(read.message, store, queueDir, counts);
    } finally {
      closeSync(read.message.mess);
    }
  } else if (read.tag === 'empty') {
    counts.skipped++;
    say(`${entry.number}: not queued: ${read.text}`);
  } else {
    counts.faulty++;
    say(`${entry.number}: cannot be imported: ${read.text}; it stays where it is`);
  }
  return undefined;
}

/** Reads the message whole; the answer keeps it. */
async function adopt(
  message: QmailMessage,
  store: AdoptingStore,
  queueDir: string,
  counts: Counts,
): Promise<(() => Promise<void>) | undefined> {
  const known = store.adopted(keyOf(message));
  if (known !== undefined) {
    counts.known++;
    say(`${message.number}: imported before, as ${known}`);
    return undefined;
  }
  const taken = await takeOver(message, queueDir);
  return async () => {
    let id: number | undefined;
    try {
      id = await store.adopt(taken.message, taken.state);
    } catch (error) {
      await taken.discard();
      throw new CommandTrouble(111, `${message.number}: ${reason(error)}; what was imported stays; run the command again`);
    }
    counts.imported++;
    const { sender, recipients } = taken.message;
    const of = `${recipients.length} recipients, ${taken.state.done.length} done`;
    say(`${message.number}: imported as ${id}: ${message.size} octets from <${printable(sender)}>, ${of}`);
  };
}

const printable = (text: string): string => text.replace(/[^\x21-\x7e]/g, '_');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
