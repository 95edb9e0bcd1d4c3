/**
 * The loop of the qmail-lspawn and qmail-rspawn commands: jobs from descriptor 0, reports to descriptor 1, in between as many
 * deliveries at once as are asked for, 120 at most. How one is made is the caller's.
 */
import { closeSync, createReadStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { ByteString } from '../../../protocol/mail.js';
import { jobFault, type SpawnJob, SpawnJobReader, spawnLimit, spawnReport } from '../../../protocol/spawn-jobs.js';
import { type Call, put } from '../../call.js';
import { openMessage } from './message-file.js';

/** Makes one delivery of the message that `fd` is open on; answers `K`, `Z` or `D` and a text. Must not throw. */
export type DeliverJob = (job: SpawnJob, fd: number) => Promise<ByteString>;

/** A pipe goes through the event loop, because a blocked read would keep the process from ending. */
function inputOf(fd: number): Readable {
  const kind = fstatSync(fd);
  if (kind.isFIFO() || kind.isSocket()) return new Socket({ fd, readable: true, writable: false });
  return createReadStream('', { fd, autoClose: false });
}

class Spawner {
  readonly #call: Call;
  readonly #deliver: DeliverJob;
  readonly #underWay = new Map<number, Promise<void>>();

  constructor(call: Call, deliver: DeliverJob) {
    this.#call = call;
    this.#deliver = deliver;
  }

  say(octets: ByteString): void {
    try {
      put(this.#call, 1, octets);
    } catch {
      // Nobody reads any more; deliveries under way are still finished.
    }
  }

  begin(job: SpawnJob): void {
    const { slot } = job;
    const fault = jobFault(job, this.#underWay.has(slot));
    const opened = fault === undefined ? openMessage(this.#call.home, job.message) : { report: fault };
    if ('report' in opened) this.say(spawnReport(slot, opened.report));
    else this.#underWay.set(slot, this.#run(job, opened.fd));
  }

  async #run(job: SpawnJob, fd: number): Promise<void> {
    const report = await this.#deliver(job, fd);
    closeSync(fd);
    this.#underWay.delete(job.slot);
    this.say(spawnReport(job.slot, report));
  }

  async finished(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }
}

/** Works until descriptor 0 ends and every delivery is reported. */
export async function runSpawner(call: Call, deliver: DeliverJob): Promise<void> {
  const spawner = new Spawner(call, deliver);
  spawner.say(String.fromCharCode(spawnLimit));
  const reader = new SpawnJobReader();
  try {
    for await (const piece of inputOf(call.descriptor(0))) for (const job of reader.push(piece)) spawner.begin(job);
  } catch {
    // As at the end of input: nobody asks any more.
  }
  await spawner.finished();
}
