/**
 * RemoteSession: carries the mail of one target over one connection at a time, one message after
 * another. Connects at the first delivery, keeps the connection, and tries once more on a fresh one
 * when the peer had closed the kept one. Never repeats anything that was answered.
 */
import type { Outcome } from '../../protocol/mail.js';
import type { Route } from '../../protocol/mx.js';
import { connectionDied } from '../../protocol/smtp/report.js';
import type { RemoteDelivery, RemoteReport } from '../messages.js';
import { type Dialed, dial, type RemoteSettings, type RemoteThread } from './connect.js';
import type { Connection, ConnectionOwner } from './connection.js';
import { fileTransaction, transactionOf } from './transactions.js';

/** The bytes of a message in wire form, or the absolute path of its file in the delivery's form. */
export type RemoteBody = Uint8Array | { readonly path: string };

export interface RemoteSessionOptions {
  readonly target: Route;
  readonly settings: RemoteSettings;
  /** Addresses that are down now (spec remote.md §7). */
  readonly skip: readonly string[];
}

interface Job {
  readonly delivery: RemoteDelivery;
  readonly body: RemoteBody;
  readonly resolve: (report: RemoteReport) => void;
  repeated: boolean;
  /** Its commands are on their way behind those of the running delivery. */
  sent: boolean;
  timedOut: readonly string[];
  reached: string | undefined;
}

const nobody: readonly string[] = [];

export class RemoteSession implements ConnectionOwner {
  readonly #options: RemoteSessionOptions;
  readonly #thread: RemoteThread;
  readonly #skip: ReadonlySet<string>;
  #connection: Connection | undefined;
  #running: Job | undefined;
  #waiting: Job | undefined;
  #closing = false;

  constructor(options: RemoteSessionOptions, thread: RemoteThread) {
    this.#options = options;
    this.#thread = thread;
    this.#skip = new Set(options.skip);
  }

  /** True while `deliver` may be called: at most one delivery runs and one waits. */
  get ready(): boolean {
    return this.#waiting === undefined && !this.#closing;
  }

  /** Sends one message. Resolves with an outcome for every recipient; never rejects. Throws when not `ready`. */
  deliver(delivery: RemoteDelivery, body: RemoteBody): Promise<RemoteReport> {
    if (!this.ready) throw new Error(`remote session ${delivery.session}: more than two deliveries at once, or already closed`);
    return new Promise((resolve) => {
      const job: Job = { delivery, body, resolve, repeated: false, sent: false, timedOut: nobody, reached: undefined };
      if (this.#running === undefined) this.#start(job);
      else {
        this.#waiting = job;
        if (this.#connection !== undefined) this.#overlap(this.#connection);
      }
    });
  }

  /** Ends the connection with QUIT as soon as no delivery runs; waits for nothing. */
  close(): void {
    this.#closing = true;
    if (this.#running === undefined) this.#hangUp();
  }

  finished(connection: Connection, outcomes: readonly Outcome[], stale: boolean): void {
    const job = this.#running;
    if (job === undefined || connection !== this.#connection) return;
    if (stale && !job.repeated) {
      job.repeated = true;
      // What followed it went nowhere either: it waits for the new connection.
      if (this.#waiting !== undefined) this.#waiting.sent = false;
      this.#start(job);
    } else this.#settle(job, outcomes);
  }

  /** A second delivery follows on the heels of the first where the server allows that. */
  #overlap(connection: Connection): void {
    const job = this.#waiting;
    if (job === undefined || job.sent || !connection.overlaps || !(job.body instanceof Uint8Array)) return;
    job.sent = true;
    this.#sendBytes(job, job.body, connection);
  }

  #start(job: Job): void {
    this.#running = job;
    job.sent = false;
    if (this.#connection?.usable === true) this.#send(job, this.#connection);
    else void this.#dial(job);
  }

  #send(job: Job, connection: Connection): void {
    if (job.body instanceof Uint8Array) this.#sendBytes(job, job.body, connection);
    else void this.#sendFile(job, connection, job.body.path);
    this.#overlap(connection);
  }

  #sendBytes({ delivery }: Job, body: Uint8Array, connection: Connection): void {
    connection.run(transactionOf(delivery, body));
  }

  async #sendFile(job: Job, connection: Connection, path: string): Promise<void> {
    const { recipients, form } = job.delivery;
    const made = await fileTransaction(job.delivery, path, form, connection.measured);
    if ('status' in made)
      return this.#settle(
        job,
        recipients.map(() => made),
      );
    // The connection may have gone while the file was opened.
    if (!connection.usable) {
      made.source.close();
      return this.#start(job);
    }
    connection.run(made.transaction, made.source);
  }

  async #dial(job: Job): Promise<void> {
    const { target, settings } = this.#options;
    this.#connection = undefined;
    const dialed: Dialed = await dial(target, settings, this.#thread, this.#skip, this);
    job.timedOut = dialed.timedOut;
    job.reached = dialed.reached;
    this.#connection = dialed.connection;
    const connection = dialed.connection;
    if (connection?.usable === true) return this.#send(job, connection);
    // It greeted and left in one breath.
    const outcome = connection === undefined ? dialed.outcome : connectionDied(connection.address, false);
    // Whoever waited, waited for this connection: it gets the same answer.
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#settle(
      job,
      job.delivery.recipients.map(() => outcome),
    );
    if (waiting !== undefined)
      this.#settle(
        waiting,
        waiting.delivery.recipients.map(() => outcome),
      );
  }

  #settle(job: Job, outcomes: readonly Outcome[]): void {
    const next = this.#waiting;
    this.#waiting = undefined;
    this.#running = undefined;
    if (next?.sent === true) this.#running = next;
    else if (next !== undefined) this.#start(next);
    else if (this.#closing) this.#hangUp();
    const closed = next === undefined && this.#connection?.usable !== true;
    const { timedOut, reached } = job;
    job.resolve(reached === undefined ? { outcomes, closed, timedOut } : { outcomes, closed, timedOut, reached });
  }

  #hangUp(): void {
    this.#connection?.quit();
    this.#connection = undefined;
  }
}
