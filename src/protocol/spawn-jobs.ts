/**
 * The jobs that qmail-send gives to qmail-lspawn and qmail-rspawn on a descriptor (spec send.md): a byte with the
 * delivery's number, then message number, sender and recipient, each ended by NUL. Opens nothing and starts nothing.
 */
import { toByteString } from './bytes.js';
import type { ByteString } from './mail.js';

/** Most deliveries at a time, qmail's default; it is also the first byte that a spawner writes. */
export const spawnLimit = 120;

export interface SpawnJob {
  /** 0 to 255, as it came. */
  readonly number: number;
  /** Name of the message's file below queue/mess. */
  readonly message: ByteString;
  readonly sender: ByteString;
  readonly recipient: ByteString;
}

/** Octets of one job that are kept; what is beyond makes it one that cannot be done. */
const longestJob = 65_536;

export class SpawnJobs {
  #octets: ByteString = '';

  /** The jobs that are whole now. Undefined when the octets are no jobs: a job without end. */
  receive(chunk: Uint8Array): readonly SpawnJob[] | undefined {
    this.#octets += toByteString(chunk);
    const jobs: SpawnJob[] = [];
    for (let job = this.#next(); job !== undefined; job = this.#next()) jobs.push(job);
    return this.#octets.length > longestJob ? undefined : jobs;
  }

  #next(): SpawnJob | undefined {
    const texts: ByteString[] = [];
    let at = 1;
    while (texts.length < 3) {
      const end = this.#octets.indexOf('\0', at);
      if (end < 0) return undefined;
      texts.push(this.#octets.slice(at, end));
      at = end + 1;
    }
    const [message = '', sender = '', recipient = ''] = texts;
    const number = this.#octets.charCodeAt(0);
    this.#octets = this.#octets.slice(at);
    return { number, message, sender, recipient };
  }
}

/** What to answer to a job that cannot be one; undefined for a good one. `busy`: its number is at work. */
export function jobFault(job: SpawnJob, busy: boolean): ByteString | undefined {
  if (job.number >= spawnLimit) return 'ZInternal error: delnum too big. (#4.3.5)\n';
  if (busy) return 'ZInternal error: delnum in use. (#4.3.5)\n';
  if (!/^(?:[0-9][0-9/]*)?$/.test(job.message)) return 'DInternal error: messid has nonnumerics. (#5.3.5)\n';
  if (job.message.length >= 100) return 'DInternal error: messid too long. (#5.3.5)\n';
  if (job.message === '') return 'DInternal error: messid too short. (#5.3.5)\n';
  if (!job.recipient.includes('@')) return 'DSorry, address must include host name. (#5.1.3)\n';
  return undefined;
}
