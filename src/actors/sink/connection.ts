/**
 * One connection of the sink: moves bytes between a socket and an SMTP server session and accepts what it asks.
 * All replies to the commands of one chunk go out in one write; bodies are metered, never kept.
 */
import type { Socket } from 'node:net';
import { SmtpServerSession } from '../../protocol/smtp/server.js';
import type { SmtpServerEvent, SmtpServerOptions } from '../../protocol/smtp/session.js';
import { MessageMeter } from './meter.js';
import type { SinkRules, SinkStage } from './rules.js';

/** What a connection tells the sink: one message, complete. */
export interface Arrived {
  readonly recipients: readonly string[];
  readonly wireSize: number;
  readonly marked: ReturnType<MessageMeter['finish']>;
}

const accepted = { accept: true } as const;
/** Replies that the client has not read before its commands are left unread. */
const mostUnread = 65_536;

const options: SmtpServerOptions = {
  greeting: 'sink.tqmail',
  databytes: 0,
  maxRecipients: 1_000_000,
  maxCommandLine: 4_096,
  maxErrors: 1_000_000,
  maxHops: 1_000_000,
  barecr: 'reject',
  maxHeader: 0,
};

export class SinkConnection {
  readonly #socket: Socket;
  readonly #session = new SmtpServerSession(options);
  readonly #meter = new MessageMeter();
  readonly #rules: SinkRules | undefined;
  readonly #arrive: (message: Arrived) => void;
  #sender = '';
  #recipients: readonly string[] = [];
  #over = false;

  constructor(socket: Socket, rules: SinkRules | undefined, arrive: (message: Arrived) => void) {
    this.#socket = socket;
    this.#rules = rules;
    this.#arrive = arrive;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => socket.resume());
    this.#reply();
  }

  #receive(chunk: Buffer): void {
    if (this.#over) return;
    this.#session.receive(chunk);
    for (let event = this.#session.next(); event !== undefined; event = this.#session.next()) {
      this.#take(event);
      if (this.#over) break;
    }
    this.#reply();
  }

  #reply(): void {
    const bytes = this.#session.output();
    if (bytes !== '') this.#socket.write(bytes, 'latin1');
    if (this.#over) this.#socket.end();
    else if (this.#socket.writableLength > mostUnread) this.#socket.pause();
  }

  #take(event: SmtpServerEvent): void {
    if (event.tag === 'body') this.#meter.take(event.bytes);
    else if (event.tag === 'rcpt') this.#decide('rcpt', event.recipient);
    else if (event.tag === 'mail') this.#decide('mail', event.sender);
    else if (event.tag === 'data') {
      this.#sender = event.sender;
      this.#recipients = event.recipients;
      this.#decide('data', event.sender);
    } else if (event.tag === 'end') this.#end(event.wireSize, event.refused !== undefined);
    else if (event.tag === 'quit' || event.tag === 'broken') this.#over = true;
  }

  #end(wireSize: number, refused: boolean): void {
    const marked = this.#meter.finish();
    if (refused || !this.#decide('end', this.#sender)) return;
    this.#arrive({ recipients: this.#recipients, wireSize, marked });
  }

  /** True when the session was told to accept. */
  #decide(stage: SinkStage, address: string): boolean {
    const judged = this.#rules?.judge(stage, address) ?? 'accept';
    if (judged === 'drop') {
      this.#over = true;
      this.#socket.destroy();
      return false;
    }
    this.#session.decide(judged === 'accept' ? accepted : judged);
    return judged === 'accept';
  }
}
