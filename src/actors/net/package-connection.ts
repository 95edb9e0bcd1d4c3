/**
 * One client of qmtpd or qmqpd: moves octets between the socket and the session and has complete messages queued.
 * It answers K only when the queue said accepted, Z while the node is under pressure.
 */

import type { ByteString, Envelope } from '../../protocol/mail.js';
import { type PackageEvent, type PackageSession, unknownRecipient } from '../../protocol/package-session.js';
import type { NextQp } from '../kernel/qp.js';
import type { BodyBuffers } from './body-buffers.js';
import { BodyCollector } from './collect-body.js';
import type { Connected } from './connected.js';
import { handIn, type Intake, type MessageFacts, type NotTaken, type Outcome } from './hand-in.js';
import { hangUp } from './hang-up.js';
import { plainAddress, type Session } from './open-listeners.js';
import { readInto } from './read-into.js';

/** Octets that count as progress of a slow client. */
const progressOctets = 16_384;
/** qmail ends a connection after an hour, whatever is under way. */
const longestMs = 3_600_000;

const memoryFull: ByteString = 'Ztoo many messages at once, try again later (#4.3.1)';
const diskFull: ByteString = 'Zqq write error or disk full (#4.3.0)';
const notTaken: Readonly<Record<NotTaken, ByteString>> = {
  busy: 'Zserver is busy, try again later (#4.3.2)',
  full: diskFull,
  unwritten: diskFull,
  trouble: 'Zqq temporary problem (#4.3.0)',
};

function answerOf(outcome: Outcome): ByteString {
  if (outcome.tag === 'accepted') return `K${outcome.text}`;
  return outcome.tag === 'refused' ? notTaken[outcome.why] : outcome.text;
}

/** What all connections of one listener share, and what one client may do. */
export interface PackageParts extends Intake {
  readonly origin: 'qmtp' | 'qmqp';
  readonly nextQp: NextQp;
  readonly queueDir: string;
  readonly buffers: BodyBuffers;
  readonly session: PackageSession;
  /** Received lines for a message, by its number. */
  front(qp: number, client: string): ByteString;
  /** Which of these do not exist here; undefined: nobody is asked. */
  unknown(recipients: readonly ByteString[]): Promise<ReadonlySet<ByteString>> | undefined;
  /** Why no message can be taken now; undefined when one can. */
  pressure(): ByteString | undefined;
  progressed(connection: PackageConnection): void;
  left(connection: PackageConnection): void;
}

export class PackageConnection implements Session {
  readonly address: string;
  progress = 0;
  readonly #parts: PackageParts;
  readonly #socket: Connected;
  readonly #session: PackageSession;
  #body: BodyCollector | undefined;
  /** The answer to the message under way when it is not even collected. */
  #refusal: ByteString | undefined;
  #qp = 0;
  #sinceProgress = 0;
  /** The queue or the disk owes an answer. */
  #held = false;
  /** The client does not read its answers. */
  #unread = false;
  #over = false;
  #leaveAfterPackage = false;
  #halfClosed = false;

  constructor(socket: Connected, parts: PackageParts) {
    this.#parts = parts;
    this.address = plainAddress(socket.remoteAddress ?? 'unknown');
    this.#session = parts.session;
    this.#socket = socket;
    readInto(socket, (chunk) => this.#bytes(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => this.#closed());
  }

  admit(): void {
    // A client that closes its side still gets the answer to what it sent.
    this.#socket.once('end', () => this.#ended());
    this.#socket.once(
      'close',
      this.#parts.clock.after(longestMs, () => this.#end()),
    );
    this.#socket.resume();
  }

  /** These protocols have no words outside of an answer: whoever must go finds the connection closed. */
  reject(): void {
    this.#end();
  }

  get waitsForUs(): boolean {
    return this.#held;
  }

  evict(): void {
    this.#end();
  }

  timeout(): void {
    this.#end();
  }

  drain(): void {
    this.#leaveAfterPackage = true;
    if (!this.#session.busy && !this.#held) this.#end();
  }

  /** `chunk` is valid during this call only. */
  #bytes(chunk: Buffer): void {
    if (this.#over) return;
    this.#session.receive(chunk);
    if (this.#held || this.#unread) this.#socket.pause();
    else this.#run();
    this.#session.retain();
    if (this.#leaveAfterPackage) this.drain();
  }

  #run(): void {
    while (!this.#over && !this.#held && !this.#unread) {
      const event = this.#session.next();
      if (event === undefined) break;
      this.#handle(event);
      this.#write();
    }
  }

  #handle(event: PackageEvent): void {
    switch (event.tag) {
      case 'message':
        this.#message();
        break;
      case 'body':
        this.#piece(event.bytes);
        break;
      case 'end':
        this.#package(event);
        break;
      case 'quit':
        this.#write();
        this.#end();
        break;
      case 'broken':
        this.#end();
    }
  }

  #message(): void {
    const { buffers, nextQp, queueDir, pressure, front } = this.#parts;
    this.#progressed();
    this.#refusal = pressure() ?? (buffers.full ? memoryFull : undefined);
    if (this.#refusal !== undefined) return;
    this.#qp = nextQp();
    this.#body = new BodyCollector(queueDir, buffers, front(this.#qp, this.address));
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

  #package({ sender, recipients, settled }: Extract<PackageEvent, { tag: 'end' }>): void {
    const body = this.#body;
    this.#body = undefined;
    this.#progressed();
    if (settled || body === undefined) {
      void body?.discard();
      this.#session.decide(this.#refusal ?? notTaken.trouble);
      return;
    }
    this.#held = true;
    const asked = this.#parts.unknown(recipients);
    if (asked === undefined) this.#take(body, { sender, recipients });
    else void asked.then((unknown) => this.#takeKnown(body, { sender, recipients }, unknown));
  }

  #takeKnown(body: BodyCollector, { sender, recipients }: Envelope, unknown: ReadonlySet<ByteString>): void {
    const known = unknown.size === 0 ? recipients : this.#session.without(unknown);
    // A package to nobody at all is taken, as qmail takes it.
    if (known.length > 0 || recipients.length === 0) this.#take(body, { sender, recipients: known });
    else {
      void body.discard();
      this.#decide(unknownRecipient);
    }
  }

  #take(body: BodyCollector, envelope: Envelope): void {
    const facts: MessageFacts = { origin: this.#parts.origin, qp: this.#qp, envelope, form: 'unix', unixSize: undefined };
    handIn(this.#parts, body, facts, (outcome) => this.#decide(answerOf(outcome)));
  }

  #decide(answer: ByteString): void {
    if (this.#over) return;
    this.#session.decide(answer);
    this.#progressed();
    this.#write();
    this.#resume();
  }

  #resume(): void {
    if (this.#over) return;
    this.#held = false;
    this.#goOn();
  }

  #goOn(): void {
    this.#run();
    if (this.#over || this.#held || this.#unread) return;
    if (this.#halfClosed || (this.#leaveAfterPackage && !this.#session.busy)) this.#end();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #ended(): void {
    this.#halfClosed = true;
    if (!this.#held && !this.#unread) this.#end();
  }

  #progressed(): void {
    this.#sinceProgress = 0;
    this.#parts.progressed(this);
  }

  /** A client that does not read its answers is not read either. */
  #write(): void {
    const output = this.#session.output();
    if (output === '' || this.#socket.destroyed || this.#socket.write(output, 'latin1') || this.#unread) return;
    this.#unread = true;
    this.#socket.pause();
    this.#socket.once('drain', () => {
      this.#unread = false;
      if (!this.#held && !this.#over) this.#goOn();
    });
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
