/**
 * One SMTP or QMTP connection: a client session (src/protocol) joined to a pump. Runs one transaction
 * after another; says of each how it ended and whether the connection can carry another.
 * Chooses no address and repeats nothing: that is connect.ts and session.ts.
 */
import type { ByteString, Outcome } from '../../protocol/mail.js';
import { QmtpClientSession } from '../../protocol/qmtp-client.js';
import { SmtpClientSession } from '../../protocol/smtp/client.js';
import type { SmtpClient, SmtpClientEvent, Transaction } from '../../protocol/smtp/session.js';
import { crashAt } from '../../store/crash-points.js';
import type { BodySource } from './body-file.js';
import type { Deadlines } from './deadlines.js';
import { Pump, type PumpEnd, type PumpOwner } from './pump.js';

export interface ConnectionOptions {
  readonly address: string;
  readonly port: number;
  readonly helohost: ByteString;
  readonly greet: 'ehlo' | 'helo';
  readonly protocol: 'smtp' | 'qmtp';
  /** Seconds. */
  readonly timeoutconnect: number;
  /** Seconds. */
  readonly timeoutremote: number;
  readonly deadlines: Deadlines;
}

/**
 * How opening ended. `unreached`: nothing was said, `timedOut` counts for the downed-host table.
 * `refused`: the server was reached and would not talk; `silent` when it did not answer in time.
 */
export type Opened =
  | { readonly tag: 'ready' }
  | { readonly tag: 'unreached'; readonly timedOut: boolean }
  | { readonly tag: 'refused'; readonly outcome: Outcome; readonly silent: boolean };

export interface ConnectionOwner {
  /** `stale`: nothing of the transaction was answered because the peer had ended a connection that worked before. */
  finished(connection: Connection, outcomes: readonly Outcome[], stale: boolean): void;
}

const nothing = new Uint8Array(0);

export class Connection implements PumpOwner {
  readonly address: string;
  /** A streamed transaction must say its exact length (`unixSize`). */
  readonly measured: boolean;
  readonly #owner: ConnectionOwner;
  readonly #client: SmtpClient;
  readonly #pump: Pump;
  #opening: ((opened: Opened) => void) | undefined;
  #state: 'opening' | 'idle' | 'busy' | 'over' = 'opening';
  #carried = 0;
  /** Transactions begun and not reported. */
  #running = 0;
  readonly #reports: { readonly outcomes: readonly Outcome[]; readonly stale: boolean }[] = [];
  #source: BodySource | undefined;
  #end: PumpEnd | undefined;

  constructor(owner: ConnectionOwner, options: ConnectionOptions) {
    this.#owner = owner;
    this.address = options.address;
    const { address: peer, helohost, greet } = options;
    this.measured = options.protocol === 'qmtp';
    this.#client = this.measured ? new QmtpClientSession(peer) : new SmtpClientSession({ helohost, peer, greet });
    this.#pump = new Pump(this, options);
  }

  /** True while another transaction may begin. */
  get usable(): boolean {
    return this.#state === 'idle';
  }

  /** True while `run` may be called although a transaction is under way: its commands leave together with the final dot. */
  get overlaps(): boolean {
    return this.#state === 'busy' && this.#source === undefined && this.#client.overlaps;
  }

  /** What qmail-remote would print of the last transaction, or of a greeting that failed (spec remote.md §6). */
  rawReport(): ByteString {
    return this.#client.rawReport();
  }

  /** Connects, hears the greeting and greets. Called once. */
  open(): Promise<Opened> {
    return new Promise((resolve) => {
      this.#opening = resolve;
    });
  }

  /**
   * Sends one message; only while `usable`, or without a source while `overlaps`. The owner's `finished` tells the
   * end, possibly before this returns.
   */
  run(transaction: Transaction, source?: BodySource): void {
    crashAt('remote.begun');
    this.#state = 'busy';
    this.#running += 1;
    this.#source = source;
    this.#pump.expect(true);
    this.#client.begin(transaction);
    this.#step();
  }

  /** QUIT, without waiting for the answer (spec remote.md §5). Only while no transaction runs. */
  quit(): void {
    if (this.#state === 'over') return;
    this.#client.quit();
    this.#leave();
  }

  /** Like `quit`; resolves when nothing of the connection is left. */
  async leave(): Promise<void> {
    this.quit();
    await this.#pump.hangUp();
  }

  connected(): void {
    this.#step();
  }

  received(bytes: Buffer): void {
    if (this.#state === 'over') return;
    if (this.#state === 'idle' && this.#carried > 0) {
      // Nobody asked anything: a farewell (421), or replies that would be taken for those of the next transaction.
      this.quit();
      return;
    }
    // The session may keep what it cannot use yet, and the pump reads into the same buffer again.
    this.#client.receive(Buffer.from(bytes));
    this.#step();
  }

  ended(why: PumpEnd): void {
    if (why === 'unreached' || why === 'timeout') {
      this.#state = 'over';
      this.#opened({ tag: 'unreached', timedOut: why === 'timeout' });
      return;
    }
    if (this.#state === 'over') return;
    this.#end = why;
    this.#client.lost();
    this.#events();
    this.#state = 'over';
  }

  #step(): void {
    this.#events();
    this.#push();
  }

  #events(): void {
    for (let event = this.#client.next(); event !== undefined; event = this.#client.next()) this.#take(event);
    // Told only now: what the server said beyond its last answer has been seen, and may have ended the connection.
    for (let report = this.#reports.shift(); report !== undefined; report = this.#reports.shift()) {
      this.#owner.finished(this, report.outcomes, report.stale);
    }
  }

  #take(event: SmtpClientEvent): void {
    if (event.tag === 'report') this.#report(event.outcomes, event.usable, event.stale);
    else if (event.tag === 'go') void this.#stream();
    else if (event.tag === 'ready') {
      this.#state = 'idle';
      this.#pump.expect(false);
      this.#opened({ tag: 'ready' });
    } else if (event.tag === 'closed' && this.#state !== 'over') {
      if (event.outcome !== undefined) this.#opened({ tag: 'refused', outcome: event.outcome, silent: this.#end === 'stalled' });
      this.#leave();
    }
  }

  #report(outcomes: readonly Outcome[], usable: boolean, stale: boolean): void {
    crashAt('remote.answered');
    this.#running -= 1;
    this.#source?.close();
    this.#source = undefined;
    if (usable && this.#end === undefined) {
      this.#carried += 1;
      if (this.#running === 0) {
        this.#state = 'idle';
        this.#pump.expect(false);
      }
    } else this.quit();
    // After a long silence nobody knows what the peer has done: that is not for a second try at once.
    this.#reports.push({ outcomes, stale: stale && this.#end !== 'stalled' });
  }

  /** Hands a body over piece by piece, each when the one before it has left. */
  async #stream(): Promise<void> {
    const source = this.#source;
    if (source === undefined) return;
    // The 'go' may come from within a step, whose output goes out first.
    await this.#pump.flushed();
    for (;;) {
      const bytes = await source.next();
      if (this.#source !== source) return;
      if (bytes !== undefined && 'status' in bytes) this.#client.cancel(bytes);
      else this.#client.piece(bytes ?? nothing, bytes === undefined);
      this.#step();
      if (bytes === undefined || this.#source !== source) return;
      await this.#pump.flushed();
      if (this.#source !== source) return;
    }
  }

  /** The session has said its last words; they still go out. */
  #leave(): void {
    this.#state = 'over';
    if (this.#end !== undefined) return;
    this.#push();
    this.#pump.finish();
  }

  #push(): void {
    const pieces = this.#client.output();
    if (pieces.length > 0) this.#pump.send(pieces);
  }

  #opened(opened: Opened): void {
    this.#opening?.(opened);
    this.#opening = undefined;
  }
}
