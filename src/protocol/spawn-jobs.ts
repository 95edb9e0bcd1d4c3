/**
 * What qmail-send writes to a spawner and what the spawner answers (spec send.md §4): jobs out of octets, and the words
 * for jobs that cannot be done. Pure; used by the qmail-lspawn and qmail-rspawn commands.
 */
import { toByteString } from './bytes.js';
import type { ByteString } from './mail.js';

/** One delivery asked for. */
export interface SpawnJob {
  /** Number of the delivery, 0 to 255; the report carries it. */
  readonly slot: number;
  /** Path of the message below queue/mess. */
  readonly message: ByteString;
  readonly sender: ByteString;
  readonly recipient: ByteString;
  /** A text was longer than is kept. */
  readonly tooLong: boolean;
}

/** Deliveries at once, which a spawner says with its first octet. */
export const spawnLimit = 120;

/** Octets of one text of a job that are kept. */
const longestText = 65_536;
const longestMessage = 100;

/** Takes jobs apart: a number, then three texts that each end in NUL. */
export class SpawnJobReader {
  #slot: number | undefined;
  #texts: ByteString[] = [];
  #text: ByteString = '';
  #tooLong = false;

  /** The jobs that this piece completes. */
  push(piece: Uint8Array): SpawnJob[] {
    const jobs: SpawnJob[] = [];
    for (let at = 0; at < piece.length; ) {
      if (this.#slot === undefined) {
        this.#slot = piece[at++] as number;
        continue;
      }
      const end = piece.indexOf(0, at);
      this.#keep(piece.subarray(at, end < 0 ? piece.length : end));
      if (end < 0) break;
      at = end + 1;
      this.#texts.push(this.#text);
      this.#text = '';
      if (this.#texts.length === 3) jobs.push(this.#complete(this.#slot));
    }
    return jobs;
  }

  #keep(octets: Uint8Array): void {
    if (this.#text.length + octets.length > longestText) this.#tooLong = true;
    else this.#text += toByteString(octets);
  }

  #complete(slot: number): SpawnJob {
    const [message = '', sender = '', recipient = ''] = this.#texts;
    const job = { slot, message, sender, recipient, tooLong: this.#tooLong };
    this.#slot = undefined;
    this.#texts = [];
    this.#tooLong = false;
    return job;
  }
}

/** Why a job is not begun, as a report without its number and NUL; undefined: nothing speaks against it. */
export function jobFault(job: SpawnJob, inUse: boolean): ByteString | undefined {
  if (job.tooLong) return 'Zqmail-spawn out of memory. (#4.3.0)\n';
  if (job.slot >= spawnLimit) return 'ZInternal error: delnum too big. (#4.3.5)\n';
  if (inUse) return 'ZInternal error: delnum in use. (#4.3.5)\n';
  if (!/^([0-9][0-9/]*)?$/.test(job.message)) return 'DInternal error: messid has nonnumerics. (#5.3.5)\n';
  // qmail counts the NUL.
  if (job.message.length + 1 > longestMessage) return 'DInternal error: messid too long. (#5.3.5)\n';
  if (job.message === '') return 'DInternal error: messid too short. (#5.3.5)\n';
  if (!job.recipient.includes('@')) return 'DSorry, address must include host name. (#5.1.3)\n';
  return undefined;
}

/** A report with its number and its end; a NUL inside ends the text early. */
export function spawnReport(slot: number, text: ByteString): ByteString {
  const nul = text.indexOf('\0');
  return `${String.fromCharCode(slot)}${nul < 0 ? text : text.slice(0, nul)}\0`;
}
