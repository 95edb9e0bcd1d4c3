/**
 * One SMTP or LMTP connection of the sink: has its rules judge what the client asks, and takes what they let through.
 * All replies to the commands of one chunk go out in one write; bodies are metered, and copied only when they are kept.
 */

import { plainAccept, plainVerdict, type SinkVerdict } from '../../protocol/sink/judge.js';
import { magicOf } from '../../protocol/sink/magic.js';
import type { SinkAction, SinkRefusal, SinkStage } from '../../protocol/sink/rule.js';
import { formatReply } from '../../protocol/smtp/reply.js';
import { SmtpServerSession } from '../../protocol/smtp/server.js';
import type { SmtpDecision, SmtpServerEvent, SmtpServerOptions } from '../../protocol/smtp/session.js';
import type { Connected } from '../net/connected.js';
import { Collected } from './collected.js';
import type { House, Question } from './house.js';
import { MessageMeter } from './meter.js';
import { Transcript } from './transcript.js';
import { Wire } from './wire.js';

const accepted: SmtpDecision = { accept: true };

const bounds: SmtpServerOptions = {
  greeting: 'sink.tqmail',
  databytes: 0,
  maxRecipients: 1_000_000,
  // RFC 4954 §4: tokens are long.
  maxCommandLine: 16_384,
  maxErrors: 1_000_000,
  maxHops: 1_000_000,
  barecr: 'reject',
  maxHeader: 0,
  auth: true,
  utf8: true,
};
const lmtpBounds: SmtpServerOptions = { ...bounds, lmtp: true };

export class SinkConnection {
  readonly #wire: Wire;
  readonly #house: House;
  #session: SmtpServerSession;
  readonly #protocol: 'smtp' | 'lmtp';
  readonly #meter = new MessageMeter();
  readonly #collected: Collected | undefined;
  readonly #transcript: Transcript | undefined;
  #helo = '';
  #login = '';
  #sender = '';
  #recipients: readonly string[] = [];
  #size = 0;
  /** No piece of the message under way has come. */
  #untouched = true;
  /** What a recipient's address wants for the end of the message. */
  #atEnd: SinkVerdict | undefined;
  /** LMTP: addresses want different replies. */
  #differ = false;
  #held = false;

  constructor(socket: Connected, house: House, protocol: 'smtp' | 'smtps' | 'lmtp') {
    this.#house = house;
    this.#protocol = protocol === 'lmtp' ? 'lmtp' : 'smtp';
    this.#wire = new Wire(socket, (chunk) => this.#receive(chunk));
    if (house.keep > 0) {
      this.#transcript = new Transcript();
      this.#collected = new Collected(house.keep, house.room);
    }
    this.#session = this.#newSession(house.starttls && protocol !== 'smtps');
    if (protocol === 'smtps' && house.tls !== undefined) this.#wire.secure(house.tls);
    const { client } = this.#wire;
    house.came(client);
    socket.once('close', () => {
      house.left(client);
      this.#collected?.drop();
    });
    if (protocol === 'smtps') house.counts.tls++;
    this.#judge('connect', client);
    if (!this.#held) this.#reply();
    this.#wire.start();
  }

  #newSession(starttls: boolean): SmtpServerSession {
    const own = this.#protocol === 'lmtp' ? lmtpBounds : bounds;
    const { maxSize } = this.#house;
    if (!starttls && this.#transcript === undefined && maxSize === 0) return new SmtpServerSession(own);
    const heard = this.#transcript === undefined ? {} : { heard: (line: string) => this.#heard(line) };
    return new SmtpServerSession({ ...own, databytes: maxSize, starttls, ...heard });
  }

  /** Nothing of what was said before holds under TLS: another session, which does not greet (RFC 3207 §4.2). */
  #secure(): void {
    const { tls } = this.#house;
    if (tls === undefined) return;
    this.#reply();
    this.#session = this.#newSession(false);
    this.#session.output();
    this.#helo = '';
    this.#login = '';
    this.#house.counts.tls++;
    this.#wire.secure(tls);
  }

  #receive(chunk: Buffer): void {
    this.#session.receive(chunk);
    if (!this.#held) this.#run();
    this.#session.retain();
  }

  #run(): void {
    while (!this.#held && !this.#wire.over) {
      const event = this.#session.next();
      if (event === undefined) break;
      if (event.tag === 'starttls') {
        this.#secure();
        return;
      }
      if (this.#take(event)) {
        this.#reply();
        this.#wire.end();
        return;
      }
    }
    this.#reply();
  }

  #reply(): void {
    const bytes = this.#session.output();
    if (bytes === '') return;
    this.#transcript?.server(bytes);
    this.#wire.write(bytes);
  }

  /** In a transcript replies stand where they were given: those before this line go out first. */
  #heard(line: string): void {
    this.#reply();
    this.#transcript?.client(line);
  }

  /** True when the session is over. */
  #take(event: SmtpServerEvent): boolean {
    if (event.tag === 'body') this.#body(event.bytes);
    else if (event.tag === 'rcpt') this.#rcpt(event.recipient);
    else if (event.tag === 'mail') {
      this.#sender = event.sender;
      this.#atEnd = undefined;
      this.#differ = false;
      this.#judge('mail', event.sender);
    } else if (event.tag === 'data') {
      this.#recipients = event.recipients;
      this.#untouched = true;
      this.#judge('data', event.sender);
    } else if (event.tag === 'end') this.#end(event.wireSize, event.refused !== undefined);
    else if (event.tag === 'helo') this.#helo = event.name;
    else if (event.tag === 'login') {
      this.#login = event.user;
      this.#judge('auth', event.user);
    } else return event.tag === 'quit' || event.tag === 'broken';
    return false;
  }

  #body(bytes: Uint8Array): void {
    this.#meter.take(bytes);
    this.#collected?.take(bytes);
    if (!this.#untouched) return;
    this.#untouched = false;
    if (this.#house.troubles.concerns('body')) this.#judge('body', this.#sender);
  }

  #rcpt(recipient: string): void {
    const magic = this.#house.troubles.magic ? magicOf(recipient) : undefined;
    if (magic?.stage === 'end') this.#wish(magic.action);
    if (magic?.stage === 'rcpt') this.#meet('rcpt', plainVerdict(magic.action));
    else this.#judge('rcpt', recipient);
  }

  /** A recipient's wish for the end of the message, which all of them share but for LMTP's replies. */
  #wish(action: SinkAction): void {
    const verdict = plainVerdict(action);
    if (this.#protocol === 'smtp' || verdict.refusal === undefined) this.#atEnd = verdict;
    else this.#differ = true;
  }

  /** LMTP's reply for each recipient that wants one of its own (RFC 2033 §4.2). */
  #wishes(): (SinkRefusal | undefined)[] {
    return this.#recipients.map((recipient) => {
      const magic = magicOf(recipient);
      return magic?.stage === 'end' ? plainVerdict(magic.action).refusal : undefined;
    });
  }

  #end(wireSize: number, tooLarge: boolean): void {
    if (tooLarge) {
      this.#house.counts.refused5++;
      this.#forget();
      return;
    }
    this.#size = wireSize;
    this.#transcript?.body(wireSize);
    if (this.#atEnd !== undefined) this.#meet('end', this.#atEnd);
    else this.#judge('end', this.#sender);
  }

  #judge(stage: SinkStage, address: string): void {
    const { troubles } = this.#house;
    if (!troubles.concerns(stage)) this.#settle(stage, plainAccept);
    else {
      const question = { stage, client: this.#wire.client, sender: this.#sender, address };
      const verdict = this.#house.judge(question);
      if (verdict === undefined) this.#ask(question);
      else this.#meet(stage, verdict);
    }
  }

  /** Only the judge of all processes can say; until then nothing is read. */
  #ask(question: Question): void {
    if (question.stage !== 'connect') this.#reply();
    this.#held = true;
    const settle = (verdict: SinkVerdict): void => {
      this.#held = false;
      this.#meet(question.stage, verdict);
      if (!this.#held) this.#run();
    };
    this.#wire.await((answered) => this.#house.ask(question, answered), settle);
  }

  #meet(stage: SinkStage, verdict: SinkVerdict): void {
    this.#house.met(verdict);
    if (verdict.slow > 0) this.#wire.slow(verdict.slow);
    if (verdict.delayMs === 0) this.#settle(stage, verdict);
    else {
      // The banner is in the output before anything was settled.
      if (stage !== 'connect') this.#reply();
      this.#held = true;
      this.#wire.hold(verdict.delayMs, () => {
        this.#held = false;
        this.#settle(stage, verdict);
        this.#run();
      });
    }
  }

  #settle(stage: SinkStage, { does, refusal }: SinkVerdict): void {
    // What was answered before goes out before trouble ends the talk; the banner is no answer.
    if (does !== 'accept' && stage !== 'connect') this.#reply();
    if (does === 'stall') this.#wire.stall();
    else if (does === 'drop' || does === 'take-drop') {
      if (does === 'take-drop') this.#arrive(false);
      this.#wire.cut();
    } else if (does === 'refuse' && refusal !== undefined) {
      if (stage === 'end') this.#forget();
      if (stage === 'auth') this.#login = '';
      const { code, text } = refusal;
      if (stage === 'connect') {
        this.#wire.write(formatReply(code, text));
        this.#wire.end();
      } else this.#session.decide({ accept: false, code, text, close: code === 421 });
    } else if (stage === 'end') this.#arrive(true);
    else if (stage !== 'connect' && stage !== 'body') this.#session.decide(accepted);
  }

  #forget(): void {
    this.#meter.reset();
    this.#collected?.drop();
  }

  #answer(each: readonly (SinkRefusal | undefined)[] | undefined): void {
    this.#session.decide(each === undefined ? accepted : { accept: true, each });
    if (each?.some((refusal) => refusal?.code === 421) !== true) return;
    this.#reply();
    this.#wire.end();
  }

  #arrive(answered: boolean): void {
    const each = this.#differ ? this.#wishes() : undefined;
    const recipients = each === undefined ? this.#recipients : this.#recipients.filter((_, index) => each[index] === undefined);
    for (const refusal of each ?? []) if (refusal !== undefined) this.#house.refused(refusal);
    if (recipients.length === 0) this.#forget();
    else this.#house.took(recipients, this.#size, this.#meter.finish());
    if (answered) this.#answer(each);
    else this.#house.counts.unanswered += recipients.length;
    if (this.#collected === undefined || this.#transcript === undefined || recipients.length === 0) return;
    if (answered) this.#reply();
    this.#house.books.keep({
      id: 0,
      at: Date.now(),
      protocol: this.#protocol,
      client: this.#wire.client,
      helo: this.#helo,
      login: this.#login,
      sender: this.#sender,
      recipients,
      size: this.#size,
      ...this.#collected.finish(),
      transcript: this.#transcript.take(),
    });
  }
}
