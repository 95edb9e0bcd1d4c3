/**
 * One client of smtpd: moves bytes between the socket and the session, asks the policy, and has complete
 * messages queued. It answers 250 only when the queue said accepted.
 */

import type { ByteString } from '../../protocol/mail.js';
import { invokedBy, queueReceived, receivedStart } from '../../protocol/received.js';
import { SmtpServerSession } from '../../protocol/smtp/server.js';
import type { SmtpDecision, SmtpServerEvent, SmtpServerOptions } from '../../protocol/smtp/session.js';
import { crashAt } from '../../store/crash-points.js';
import type { NextQp } from '../kernel/qp.js';
import type { Rights } from '../net/access.js';
import type { BodyBuffers } from '../net/body-buffers.js';
import { BodyCollector } from '../net/collect-body.js';
import type { Connected } from '../net/connected.js';
import { handIn, type Intake, type MessageFacts, type NotTaken, type Outcome } from '../net/hand-in.js';
import { hangUp } from '../net/hang-up.js';
import { networkUid } from '../net/network-uid.js';
import { plainAddress, type Session } from '../net/open-listeners.js';
import { readInto } from '../net/read-into.js';
import type { SmtpPolicy } from './policy.js';

/** Reply octets that may wait for a client that does not read; above it the connection ends. */
const mostUnread = 262_144;
/** Body octets that count as progress of a slow client. */
const progressOctets = 16_384;

const noMemory: SmtpDecision = { accept: false, code: 452, text: 'too many messages at once, try again later (#4.3.1)' };

const notTaken: Readonly<Record<NotTaken, SmtpDecision>> = {
  busy: { accept: false, code: 451, text: 'server is busy, try again later (#4.3.2)' },
  full: { accept: false, code: 452, text: 'qq write error or disk full (#4.3.1)' },
  unwritten: { accept: false, code: 451, text: 'qq write error or disk full (#4.3.0)' },
  trouble: { accept: false, code: 451, text: 'qq temporary problem (#4.3.0)' },
};

function decisionOf(outcome: Outcome): SmtpDecision {
  const { tag } = outcome;
  if (tag === 'accepted') return { accept: true, text: outcome.text };
  if (tag === 'refused') return notTaken[outcome.why];
  return { accept: false, code: outcome.text.startsWith('D') ? 554 : 451, text: outcome.text.slice(1) };
}

/** What all connections of one listener share. */
export interface ConnectionParts extends Intake {
  readonly nextQp: NextQp;
  readonly date: () => ByteString;
  readonly queueDir: string;
  readonly buffers: BodyBuffers;
  readonly session: SmtpServerOptions;
  readonly policy: SmtpPolicy;
  readonly local: ByteString;
  readonly rights: Rights;
  /** What the client reads at ETRN. */
  etrn(name: ByteString, address: string): SmtpDecision;
  progressed(connection: Connection): void;
  left(connection: Connection): void;
}

export class Connection implements Session {
  readonly address: string;
  progress = 0;
  readonly #parts: ConnectionParts;
  readonly #socket: Connected;
  readonly #session: SmtpServerSession;
  #helo: ByteString | undefined;
  #received: ByteString | undefined;
  #body: BodyCollector | undefined;
  #qp = 0;
  #frontUnixSize = 0;
  #sender: ByteString = '';
  #recipients: readonly ByteString[] = [];
  #sinceProgress = 0;
  #held = false;
  #breathing = false;
  #over = false;
  #leaveAfterMessage = false;
  #halfClosed = false;

  constructor(socket: Connected, parts: ConnectionParts) {
    this.#parts = parts;
    this.address = plainAddress(socket.remoteAddress ?? 'unknown');
    this.#session = new SmtpServerSession(parts.session);
    this.#socket = socket;
    readInto(socket, (chunk) => this.#bytes(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => this.#closed());
  }

  admit(): void {
    // A client that closes its side still gets the answer to what it sent.
    this.#socket.once('end', () => this.#ended());
    this.#write();
    this.#socket.resume();
  }

  reject(why: 'crowd' | 'address'): void {
    const text = why === 'crowd' ? 'too many connections' : 'too many connections from your address';
    this.#leave(421, `${text}, try again later (#4.7.0)`);
  }

  /** The queue or the disk owes it an answer: its silence is not its own. */
  get waitsForUs(): boolean {
    return this.#held && !this.#breathing;
  }

  evict(): void {
    this.#leave(421, 'idle for too long while others wait (#4.4.2)');
  }

  timeout(): void {
    this.#leave(451, 'timeout (#4.4.2)');
  }

  /** Ends the session: at once when it is idle, else after the message under way. */
  drain(): void {
    this.#leaveAfterMessage = true;
    if (!this.#session.busy && !this.#held) this.#leaveNow();
  }

  #leaveNow(): void {
    this.#leave(421, 'server is shutting down (#4.3.2)');
  }

  #leave(code: number, text: ByteString): void {
    this.#session.end(code, text);
    this.#write();
    this.#end();
  }

  /** `chunk` is valid during this call only. */
  #bytes(chunk: Buffer): void {
    if (this.#over) return;
    this.#session.receive(chunk);
    if (!this.#held) this.#run();
    // A client that sends ahead of its answer is not read until it has it.
    else this.#socket.pause();
    this.#session.retain();
    if (this.#leaveAfterMessage) this.drain();
  }

  #run(): void {
    if (this.#over) return;
    for (;;) {
      const event = this.#session.next();
      if (event === undefined) break;
      this.#handle(event);
      if (this.#held || this.#over) break;
    }
    this.#write();
  }

  #handle(event: SmtpServerEvent): void {
    const { policy } = this.#parts;
    switch (event.tag) {
      case 'helo':
        this.#helo = event.name;
        this.#received = undefined;
        this.#progressed();
        break;
      case 'mail':
        this.#session.decide(policy.mail(event.sender));
        this.#progressed();
        break;
      case 'rcpt':
        this.#recipient(event.sender, event.recipient);
        break;
      case 'etrn':
        this.#session.decide(this.#parts.etrn(event.name, this.address));
        this.#progressed();
        break;
      case 'data':
        this.#data(event.sender, event.recipients);
        break;
      case 'body':
        this.#piece(event.bytes);
        break;
      case 'end':
        this.#message(event);
        break;
      case 'breath':
        this.#breathe();
        break;
      case 'quit':
      case 'broken':
        this.#write();
        this.#end();
    }
  }

  /** Others have their turn before the commands that this client has sent ahead. */
  #breathe(): void {
    this.#held = true;
    this.#breathing = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#breathing = false;
      this.#resume();
    });
  }

  #recipient(sender: ByteString, recipient: ByteString): void {
    const { policy, rights } = this.#parts;
    const { blocked, relayclient } = rights;
    const first = blocked === undefined ? policy.rcpt(sender, recipient, relayclient) : policy.blocked(blocked);
    const decision = policy.existing(first, recipient);
    if (!(decision instanceof Promise)) {
      this.#session.decide(decision);
      this.#progressed();
      return;
    }
    this.#held = true;
    void decision.then((later) => this.#decide(later));
  }

  #data(sender: ByteString, recipients: readonly ByteString[]): void {
    if (this.#parts.buffers.full) {
      this.#session.decide(noMemory);
      return;
    }
    this.#sender = sender;
    this.#recipients = recipients;
    this.#qp = this.#parts.nextQp();
    const date = this.#parts.date();
    this.#received ??= receivedStart(
      {
        remoteHost: this.#parts.rights.remoteHost,
        remoteIp: this.address,
        remoteInfo: this.#parts.rights.remoteInfo,
        helo: this.#helo,
        local: this.#parts.local,
        protocol: 'SMTP',
      },
      '\r\n',
    );
    // The queue's own line is not for a filter: the queue behind it puts it there.
    const own = this.#parts.filter === undefined ? queueReceived(this.#qp, invokedBy('smtp', networkUid), date, '\r\n') : '';
    const front = `${own}${this.#received}${date}\r\n`;
    // Three line ends of two octets here, of one octet in unix form.
    this.#frontUnixSize = front.length - 3;
    this.#body = new BodyCollector(this.#parts.queueDir, this.#parts.buffers, front);
    this.#session.decide({ accept: true });
    this.#progressed();
  }

  #piece(bytes: Uint8Array): void {
    this.#sinceProgress += bytes.length;
    if (this.#sinceProgress >= progressOctets) this.#progressed();
    const wait = this.#body?.add(bytes);
    if (wait === undefined) return;
    this.#held = true;
    this.#socket.pause();
    void wait.then(() => this.#resume());
  }

  #message(event: Extract<SmtpServerEvent, { tag: 'end' }>): void {
    const body = this.#body;
    this.#body = undefined;
    this.#progressed();
    if (event.refused !== undefined || body === undefined) {
      void body?.discard();
      return;
    }
    this.#held = true;
    const facts: MessageFacts = {
      origin: 'smtp',
      qp: this.#qp,
      envelope: { sender: this.#sender, recipients: this.#recipients },
      form: 'wire',
      unixSize: event.unixSize + this.#frontUnixSize,
    };
    handIn(this.#parts, body, facts, (outcome) => this.#decide(decisionOf(outcome)));
  }

  #decide(decision: SmtpDecision): void {
    if (this.#over) return;
    if (decision.accept) crashAt('reply.ready');
    this.#session.decide(decision);
    this.#progressed();
    this.#resume();
    if (decision.accept) crashAt('reply.sent');
  }

  #resume(): void {
    if (this.#over) return;
    this.#held = false;
    this.#run();
    if (this.#leaveAfterMessage && !this.#session.busy && !this.#held) {
      this.#leaveNow();
      return;
    }
    if (!this.#held && this.#socket.isPaused()) this.#socket.resume();
    if (this.#halfClosed && !this.#held) this.#end();
  }

  #ended(): void {
    this.#halfClosed = true;
    if (!this.#held) this.#end();
  }

  #progressed(): void {
    this.#sinceProgress = 0;
    this.#parts.progressed(this);
  }

  #write(): void {
    const output = this.#session.output();
    if (output === '' || this.#socket.destroyed) return;
    this.#socket.write(output, 'latin1');
    if (this.#socket.writableLength > mostUnread) this.#socket.destroy();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    hangUp(this.#socket, this.#parts.clock, this.#halfClosed);
  }

  #closed(): void {
    this.#over = true;
    void this.#body?.discard();
    this.#body = undefined;
    this.#parts.left(this);
  }
}
