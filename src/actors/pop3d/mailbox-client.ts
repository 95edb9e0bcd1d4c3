/**
 * A client on the bare handle, and its mailbox session, in a process of the mailbox's user: octets are answered where they
 * arrive, and the client is read again when it has taken its answers. Keeps no times but that for the last answer.
 */
import type { ByteString } from '../../protocol/mail.js';
import { type Clock, secondsOf } from '../kernel/clock.js';
import type { Connected } from '../net/connected.js';
import { hangUp } from '../net/hang-up.js';
import { readInto } from '../net/read-into.js';
import type { Going, MailboxSession } from './mailbox-session.js';
import { openSession } from './serve-mailbox.js';

export interface MailboxOrder {
  readonly maildir: ByteString;
  /** What the client said already. */
  readonly rest: ByteString;
}

export class MailboxClient {
  /** Something moved since this was last set to false. */
  moved = true;
  readonly #socket: Connected;
  readonly #clock: Clock;
  readonly #over: () => void;
  #session: MailboxSession | undefined;
  /** The answer to what came before is not known yet; nothing comes meanwhile. */
  #busy = true;
  #halfClosed = false;
  #hungUp = false;
  #written: ((on: boolean) => void) | undefined;

  /** `socket` is paused; `over` is called once, when it is closed. */
  constructor(socket: Connected, clock: Clock, over: () => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#over = over;
    readInto(socket, (chunk) => this.#bytes(chunk));
    socket.on('error', () => undefined);
    socket.on('drain', () => this.#settle(true));
    socket.once('end', () => this.#ended());
    socket.once('close', () => this.#closed());
  }

  /** Opens the Maildir, greets, serves. */
  async begin({ maildir, rest }: MailboxOrder): Promise<void> {
    const output = { write: (octets: ByteString) => this.#write(octets), alone: true };
    const session = await openSession(maildir, output, secondsOf(this.#clock));
    if (typeof session === 'string') {
      this.#socket.write(session, 'latin1');
      this.#leave();
      return;
    }
    this.#session = session;
    const greeted = await session.greet();
    this.#go(greeted && rest !== '' ? session.take(Buffer.from(rest, 'latin1')) : greeted);
  }

  /** Ends it as it is. */
  end(): void {
    this.#socket.destroy();
  }

  #bytes(chunk: Buffer): void {
    if (this.#busy || this.#session === undefined) return;
    this.moved = true;
    const on = this.#session.take(chunk);
    if (on !== true) this.#go(on);
  }

  #go(on: Going): void {
    if (on === true) {
      this.#busy = false;
      if (this.#halfClosed) this.#leave();
      else this.#socket.resume();
    } else if (on === false) this.#leave();
    else {
      this.#busy = true;
      this.#socket.pause();
      void on.then((going) => this.#go(going));
    }
  }

  #write(octets: ByteString): Going {
    if (this.#socket.write(octets, 'latin1')) return true;
    if (this.#socket.destroyed) return false;
    return new Promise((settle) => {
      this.#written = settle;
    });
  }

  #settle(on: boolean): void {
    this.moved = true;
    const written = this.#written;
    this.#written = undefined;
    written?.(on);
  }

  /** A client that has sent all its commands still waits for the answers. */
  #ended(): void {
    this.#halfClosed = true;
    if (!this.#busy) this.#leave();
  }

  #leave(): void {
    this.#busy = true;
    if (this.#hungUp || this.#socket.destroyed) return;
    this.#hungUp = true;
    hangUp(this.#socket, this.#clock, this.#halfClosed);
  }

  #closed(): void {
    this.#busy = true;
    this.#settle(false);
    this.#over();
  }
}
