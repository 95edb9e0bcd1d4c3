/**
 * One SMTP connection: a client session (src/protocol/smtp) joined to a pump. Runs one transaction
 * after another; says of each how it ended and whether the connection can carry another.
 * Chooses no address and repeats nothing: that is connect.ts and session.ts.
 */
import type { ByteString, Outcome } from '../../protocol/mail.js';
import { SmtpClientSession } from '../../protocol/smtp/client.js';
import type { SmtpClient, SmtpClientEvent, Transaction } from '../../protocol/smtp/session.js';
import type { Deadlines } from './deadlines.js';
import { type BodySource, type Outgoing, Pump, type PumpEnd, type PumpOwner } from './pump.js';

export interface ConnectionOptions {
  readonly address: string;
  readonly port: number;
  readonly helohost: ByteString;
  readonly greet: 'ehlo' | 'helo';
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

export interface Finished {
  readonly outcomes: readonly Outcome[];
  /** The peer ended the connection before it answered anything of this transaction (end of connection, or 421). */
  readonly untouched: boolean;
}

export interface ConnectionOwner {
  finished(connection: Connection, finished: Finished): void;
}

/** A body that is not in memory; stands for exactly one piece of the transaction's body. */
export interface StreamedBody {
  readonly placeholder: Uint8Array;
  readonly source: BodySource;
}

export class Connection implements PumpOwner {
  readonly address: string;
  readonly #owner: ConnectionOwner;
  readonly #client: SmtpClient;
  readonly #pump: Pump;
  #opening: ((opened: Opened) => void) | undefined;
  #state: 'opening' | 'idle' | 'busy' | 'over' = 'opening';
  #streamed: StreamedBody | undefined;
  /** First octets received since the transaction began: enough to know a 421. */
  #firstReply = '';
  #carried = 0;
  #end: PumpEnd | undefined;

  constructor(owner: ConnectionOwner, options: ConnectionOptions) {
    this.#owner = owner;
    this.address = options.address;
    this.#client = new SmtpClientSession({ helohost: options.helohost, peer: options.address, greet: options.greet });
    this.#pump = new Pump(this, options);
  }

  /** True while another transaction may begin. */
  get usable(): boolean {
    return this.#state === 'idle';
  }

  /** Transactions that ended well enough for the connection to be kept. */
  get carried(): number {
    return this.#carried;
  }

  /** Connects, hears the greeting and greets. Called once. */
  open(): Promise<Opened> {
    return new Promise((resolve) => {
      this.#opening = resolve;
    });
  }

  /** Sends one message; only while `usable`. The owner's `finished` tells the end, possibly before this returns. */
  run(transaction: Transaction, streamed: StreamedBody | undefined): void {
    this.#state = 'busy';
    this.#firstReply = '';
    this.#streamed = streamed;
    this.#pump.expect(true);
    this.#client.begin(transaction);
    this.#step();
  }

  /** QUIT, without waiting for the answer (spec remote.md §5). */
  quit(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#client.quit();
    this.#push();
    this.#pump.finish();
  }

  connected(): void {
    this.#step();
  }

  received(bytes: Uint8Array): void {
    if (this.#state === 'over') return;
    if (this.#state === 'idle' && this.#carried > 0) {
      // Nobody asked anything: a farewell (421), or replies that would be taken for those of the next transaction.
      this.quit();
      return;
    }
    for (let at = 0; this.#firstReply.length < 3 && at < bytes.length; at++)
      this.#firstReply += String.fromCharCode(bytes[at] ?? 0);
    this.#client.receive(bytes);
    this.#step();
  }

  ended(why: PumpEnd): void {
    this.#end = why;
    if (why === 'unreached' || why === 'timeout') {
      this.#state = 'over';
      this.#opened({ tag: 'unreached', timedOut: why === 'timeout' });
      return;
    }
    if (this.#state === 'over') return;
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
  }

  #take(event: SmtpClientEvent): void {
    if (event.tag === 'report') this.#report(event.outcomes, event.usable);
    else if (event.tag === 'ready') {
      this.#state = 'idle';
      this.#pump.expect(false);
      this.#opened({ tag: 'ready' });
    } else if (this.#state !== 'over') {
      if (event.outcome !== undefined) this.#opened({ tag: 'refused', outcome: event.outcome, silent: this.#end === 'stalled' });
      this.#leave();
    }
  }

  #report(outcomes: readonly Outcome[], usable: boolean): void {
    const untouched = this.#firstReply === '421' || (this.#firstReply === '' && this.#end === 'lost');
    this.#pump.expect(false);
    this.#streamed = undefined;
    if (usable && !untouched && this.#end === undefined) {
      this.#state = 'idle';
      this.#carried += 1;
    } else this.#leave();
    const told = this.#end === 'unreadable' ? outcomes.map(unreadable) : outcomes;
    this.#owner.finished(this, { outcomes: told, untouched });
  }

  /** The session has said its last words; they still go out. */
  #leave(): void {
    if (this.#end === undefined) {
      this.#push();
      this.#pump.finish();
    }
    this.#state = 'over';
  }

  #push(): void {
    const pieces: readonly Outgoing[] = this.#client.output();
    if (pieces.length === 0) return;
    const streamed = this.#streamed;
    if (streamed === undefined) this.#pump.send(pieces);
    else this.#pump.send(pieces.map((piece) => (piece === streamed.placeholder ? streamed.source : piece)));
  }

  #opened(opened: Opened): void {
    this.#opening?.(opened);
    this.#opening = undefined;
  }
}

/** The message could not be read to its end, so its final dot was never sent: nobody has it (spec remote.md §5). */
function unreadable(outcome: Outcome): Outcome {
  return outcome.status === 'Z' ? { status: 'Z', text: 'Unable to read message. (#4.3.0)\n' } : outcome;
}
