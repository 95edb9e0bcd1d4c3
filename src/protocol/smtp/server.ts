/**
 * The SMTP server as a sans-IO session (RFC 5321; replies and leniency of qmail, spec smtpd.md §2): bytes in, events
 * out, decisions in, reply bytes out. Policy, queue and time are the caller's; nothing is read ahead of an open decision.
 */
import { maxCommandAddress, parseAddressArgument } from '../address.js';
import { copyOf } from '../bytes.js';
import type { ByteString } from '../mail.js';
import { BodyScanner, type ScanResult } from './body-scanner.js';
import { bareCr, bareLf, looping, oversize } from './body-texts.js';
import { type CommandLine, parseCommand } from './command.js';
import { CommandReader } from './command-reader.js';
import { declaredSize, ehloReply } from './extensions.js';
import { LoginDialog, type LoginStep } from './login.js';
import { enhancedCode, formatReply } from './reply.js';
import type { SmtpDecision, SmtpServer, SmtpServerEvent, SmtpServerOptions } from './session.js';

/** Most replies. */
const plainOk = '250 ok\r\n';
const plainGoAhead = '354 go ahead\r\n';

type Command = (session: SmtpServerSession, argument: ByteString) => void;

/** Commands answered without a pause; few clients ever send so many ahead. */
const commandsInARow = 64;

/** `challenge`: not a decision but the client's next line is awaited. */
type Open = 'nothing' | 'challenge' | 'login' | 'etrn' | 'mail' | 'rcpt' | 'data' | 'end';

export class SmtpServerSession implements SmtpServer {
  /** All verbs; every other one is unimplemented (spec smtpd.md §2.1). */
  private static readonly commands: ReadonlyMap<ByteString, Command> = new Map<ByteString, Command>([
    ['MAIL', (session, argument) => session.mail(argument)],
    ['RCPT', (session, argument) => session.rcpt(argument)],
    ['DATA', (session) => session.data()],
    ['HELO', (session, argument) => session.helo(argument, false)],
    ['EHLO', (session, argument) => session.helo(argument, true)],
    ['LHLO', (session, argument) => session.lhlo(argument)],
    ['RSET', (session) => session.reset()],
    ['NOOP', (session) => session.reply(250, 'ok', '2.0.0')],
    ['VRFY', (session) => session.reply(252, "send some mail, i'll try my best", '2.0.0')],
    ['HELP', (session) => session.reply(214, 'tqmail, a mail server that behaves as qmail does', '2.0.0')],
    ['ETRN', (session, argument) => session.etrn(argument)],
    ['AUTH', (session, argument) => session.auth(argument)],
    ['STARTTLS', (session, argument) => session.startTls(argument)],
    ['QUIT', (session) => session.quit()],
  ]);

  private readonly options: SmtpServerOptions;
  private readonly reader: CommandReader;
  /** Bytes received and not yet used; the first is in work. */
  private chunks: Uint8Array[] = [];
  private position = 0;
  private events: SmtpServerEvent[] = [];
  private taken = 0;
  private out: ByteString;

  private open: Open = 'nothing';
  private over = false;
  private extended = false;
  private errors = 0;
  private row = 0;
  /** The sender of the transaction under way; undefined before MAIL. */
  private sender: ByteString | undefined;
  private recipients: ByteString[] = [];
  /** Replies to the message under way beyond the first. */
  private further = 0;
  /** The address that the open decision is about. */
  private asked: ByteString = '';
  private body: BodyScanner | undefined;
  private pieces: Uint8Array[] = [];
  private dialog: LoginDialog | undefined;
  private loggedIn = false;

  constructor(options: SmtpServerOptions) {
    this.options = options;
    this.reader = new CommandReader(options.maxCommandLine);
    this.out = `220 ${options.greeting} ${options.lmtp === true ? 'LMTP' : 'ESMTP'}\r\n`;
  }

  get busy(): boolean {
    return this.open !== 'nothing' || this.body !== undefined || this.chunks.length > 0;
  }

  receive(chunk: Uint8Array): void {
    if (!this.over && chunk.length > 0) this.chunks.push(chunk);
  }

  retain(): void {
    for (let i = 0; i < this.chunks.length; i++) {
      this.chunks[i] = copyOf(this.chunks[i] as Uint8Array, i === 0 ? this.position : 0);
    }
    this.position = 0;
    for (let i = this.taken; i < this.events.length; i++) {
      const event = this.events[i] as SmtpServerEvent;
      if (event.tag === 'body') this.events[i] = { tag: 'body', bytes: copyOf(event.bytes) };
    }
  }

  output(): ByteString {
    const bytes = this.out;
    this.out = '';
    return bytes;
  }

  end(code: number, text: ByteString): void {
    if (this.over) return;
    this.reply(code, text);
    this.finish();
    this.events = [];
    this.taken = 0;
  }

  next(): SmtpServerEvent | undefined {
    for (;;) {
      if (this.taken < this.events.length) return this.events[this.taken++];
      if (this.taken > 0) {
        this.events = [];
        this.taken = 0;
      }
      const chunk = this.chunks[0];
      if (chunk === undefined || this.over) return undefined;
      if (this.open !== 'nothing') {
        if (this.open !== 'challenge') return undefined;
        this.readAnswer(chunk);
      } else if (this.body) this.readBody(this.body, chunk);
      else this.readCommand(chunk);
      if (this.position >= chunk.length && !this.over) {
        this.chunks.shift();
        this.position = 0;
      }
    }
  }

  decide(decision: SmtpDecision): void {
    const open = this.open;
    this.open = 'nothing';
    if (open === 'nothing') return;
    if (open === 'data') this.further = this.options.lmtp === true ? this.recipients.length - 1 : 0;
    if (open === 'data' || open === 'end') this.closeTransaction();
    // RFC 2033 §4.2: the end of an LMTP message is answered for each recipient.
    for (let index = 0; open === 'end' && index < this.further; index++) this.replyEnd(decision, index);
    if (!decision.accept) {
      this.refuse(decision.code, decision.text);
      if (decision.close) this.breakOff(decision.text);
      return;
    }
    if (open === 'mail') {
      this.sender = decision.address ?? this.asked;
      this.reply(250, decision.text ?? 'ok', '2.1.0');
    } else if (open === 'rcpt') {
      this.recipients.push(decision.address ?? this.asked);
      this.reply(250, decision.text ?? 'ok', '2.1.5');
    } else if (open === 'etrn') {
      this.reply(250, decision.text ?? 'ok', '2.0.0');
    } else if (open === 'login') {
      this.loggedIn = true;
      this.reply(235, decision.text ?? 'ok, welcome (#2.7.0)', '2.7.0');
    } else if (open === 'data') {
      this.body = new BodyScanner(this.options.barecr, this.options.maxHeader);
      this.reader.beforeMessage();
      if (decision.text === undefined) this.out += plainGoAhead;
      else this.reply(354, decision.text);
    } else {
      this.errors = 0;
      this.replyEnd(decision, this.further);
    }
  }

  /** To the end of a message, for the recipient with this index. */
  private replyEnd(decision: SmtpDecision, index: number): void {
    const refused = decision.accept ? decision.each?.[index] : decision;
    if (refused !== undefined) this.reply(refused.code, refused.text);
    else this.reply(250, (decision.accept ? decision.text : undefined) ?? 'ok', '2.0.0');
  }

  private reply(code: number, text: ByteString, fallback?: string): void {
    const prefixed = this.extended && this.options.enhanced === 'ehlo';
    if (!prefixed && code === 250 && text === 'ok') {
      this.out += plainOk;
      return;
    }
    this.out += prefixed ? formatReply(code, text, enhancedCode(code, text, fallback)) : formatReply(code, text);
  }

  /** A negative reply to a command; too many of them without a message end the session. */
  private refuse(code: number, text: ByteString): void {
    this.reply(code, text);
    if (++this.errors < this.options.maxErrors) return;
    this.reply(421, 'too many errors, closing (#4.7.0)');
    this.breakOff('too many errors');
  }

  private breakOff(why: string): void {
    if (this.over) return;
    this.finish();
    this.events.push({ tag: 'broken', why });
  }

  private finish(): void {
    this.over = true;
    this.open = 'nothing';
    this.chunks = [];
    this.position = 0;
    this.body = undefined;
    this.closeTransaction();
  }

  private closeTransaction(): void {
    this.sender = undefined;
    this.recipients = [];
  }

  private ask(open: Open, event: SmtpServerEvent): void {
    this.open = open;
    this.events.push(event);
  }

  private readCommand(chunk: Uint8Array): void {
    const line = this.reader.read(chunk, this.position);
    this.position = this.reader.position;
    if (line === 'more') return;
    if (line === 'long') this.refuse(500, 'command line too long (#5.5.2)');
    else if (line === 'lf') {
      this.reply(451, bareLf);
      this.breakOff('bare LF after a message');
    } else {
      this.options.heard?.(line.text);
      this.obey(parseCommand(line.text));
      this.breathe(chunk);
    }
  }

  /** A client that sends a thousand commands ahead must not have the thread for all of them at once. */
  private breathe(chunk: Uint8Array): void {
    if (this.options.breath !== true || ++this.row < commandsInARow) return;
    this.row = 0;
    if (!this.over && (this.position < chunk.length || this.chunks.length > 1)) this.events.push({ tag: 'breath' });
  }

  private obey({ verb, argument }: CommandLine): void {
    const command = SmtpServerSession.commands.get(verb);
    if (command) command(this, argument);
    else this.refuse(502, 'unimplemented (#5.5.1)');
  }

  private reset(): void {
    this.closeTransaction();
    this.reply(250, 'flushed', '2.0.0');
  }

  private lhlo(name: ByteString): void {
    if (this.options.lmtp === true) this.greet(name, true);
    else this.refuse(502, 'unimplemented (#5.5.1)');
  }

  private helo(name: ByteString, extended: boolean): void {
    if (this.options.lmtp === true) this.refuse(500, 'this is LMTP, say LHLO (#5.5.1)');
    else this.greet(name, extended);
  }

  private greet(name: ByteString, extended: boolean): void {
    this.closeTransaction();
    this.extended = extended;
    const { greeting } = this.options;
    this.out += extended ? ehloReply(this.options) : `250 ${greeting}\r\n`;
    this.events.push({ tag: 'helo', name, extended });
  }

  private mail(argument: ByteString): void {
    const { address, rest } = parseAddressArgument(argument);
    // RFC 1870 §5: the parameter exists only after EHLO; before it qmail's rule (ignore) holds.
    const size = this.extended ? declaredSize(rest) : undefined;
    const { databytes } = this.options;
    if (address.length > maxCommandAddress) this.refuse(555, 'syntax error (#5.5.4)');
    else if (size !== undefined && databytes > 0 && size > databytes) this.refuse(552, oversize);
    else {
      this.closeTransaction();
      this.asked = address;
      this.ask('mail', { tag: 'mail', sender: address, size });
    }
  }

  private rcpt(argument: ByteString): void {
    const { sender } = this;
    const { address } = parseAddressArgument(argument);
    if (sender === undefined) this.refuse(503, 'MAIL first (#5.5.1)');
    else if (address.length > maxCommandAddress) this.refuse(555, 'syntax error (#5.5.4)');
    // Not counted as an error: a client with a long list goes on asking and sends the rest later (RFC 5321 §4.5.3.1.10).
    else if (this.recipients.length >= this.options.maxRecipients) this.reply(452, 'too many recipients (#4.5.3)');
    else {
      this.asked = address;
      this.ask('rcpt', { tag: 'rcpt', recipient: address, sender });
    }
  }

  private data(): void {
    const { sender, recipients } = this;
    if (sender === undefined) this.refuse(503, 'MAIL first (#5.5.1)');
    else if (recipients.length === 0) this.refuse(503, 'RCPT first (#5.5.1)');
    else this.ask('data', { tag: 'data', sender, recipients });
  }

  /** RFC 1985 §5.2: only where it was announced, and not within a transaction. */
  private etrn(argument: ByteString): void {
    const name = argument.trim();
    if (this.options.etrn !== true) this.refuse(502, 'unimplemented (#5.5.1)');
    else if (!this.extended) this.refuse(503, 'EHLO first (#5.5.1)');
    else if (this.sender !== undefined) this.refuse(503, 'not within a transaction (#5.5.1)');
    else if (!/^[@#]?[!-~]{1,255}$/.test(name)) this.refuse(501, 'syntax error, write ETRN domain (#5.5.4)');
    else this.ask('etrn', { tag: 'etrn', name });
  }

  /** RFC 4954 §4: after EHLO, once, and not within a transaction. */
  private auth(argument: ByteString): void {
    if (this.options.auth !== true) this.refuse(502, 'unimplemented (#5.5.1)');
    else if (!this.extended) this.refuse(503, 'EHLO first (#5.5.1)');
    else if (this.loggedIn) this.refuse(503, 'you are logged in already (#5.5.1)');
    else if (this.sender !== undefined) this.refuse(503, 'not within a transaction (#5.5.1)');
    else {
      this.dialog = new LoginDialog();
      this.step(this.dialog.begin(argument));
    }
  }

  private step(step: LoginStep): void {
    this.open = 'nothing';
    if (step.tag === 'login') this.ask('login', step);
    else if (step.tag === 'wrong') this.refuse(step.code, step.text);
    else {
      this.open = 'challenge';
      this.out += `334 ${step.challenge}\r\n`;
    }
  }

  /** The client's answer to a 334. */
  private readAnswer(chunk: Uint8Array): void {
    const line = this.reader.read(chunk, this.position);
    this.position = this.reader.position;
    if (line === 'more' || this.dialog === undefined) return;
    if (typeof line === 'string') this.step({ tag: 'wrong', code: 500, text: 'line too long or with a bare line feed (#5.5.2)' });
    else {
      this.options.heard?.(line.text);
      this.step(this.dialog.answer(line.text));
    }
  }

  /** RFC 3207 §4: no argument; whatever was said or sent before is forgotten with this session. */
  private startTls(argument: ByteString): void {
    if (this.options.starttls !== true) this.refuse(502, 'unimplemented (#5.5.1)');
    else if (argument.trim() !== '') this.refuse(501, 'syntax error, STARTTLS has no argument (#5.5.4)');
    else {
      this.reply(220, 'go ahead with TLS', '2.0.0');
      this.finish();
      this.events.push({ tag: 'starttls' });
    }
  }

  private quit(): void {
    this.reply(221, this.options.greeting, '2.0.0');
    this.finish();
    this.events.push({ tag: 'quit' });
  }

  private readBody(body: BodyScanner, chunk: Uint8Array): void {
    const result = body.scan(chunk, this.position, this.pieces);
    this.position = body.position;
    const refused = this.refusal(body);
    if (this.pieces.length > 0) {
      if (refused === undefined) for (const bytes of this.pieces) this.events.push({ tag: 'body', bytes });
      this.pieces = [];
    }
    if (result !== 'more') this.endBody(body, result, refused);
  }

  private refusal(body: BodyScanner): 'looping' | 'oversize' | undefined {
    if (body.hops >= this.options.maxHops) return 'looping';
    if (this.options.databytes > 0 && body.unixSize > this.options.databytes) return 'oversize';
    return undefined;
  }

  private endBody(body: BodyScanner, result: ScanResult, refused: 'looping' | 'oversize' | undefined): void {
    this.body = undefined;
    const { wireSize, unixSize } = body;
    if (result === 'lf') {
      this.reply(451, bareLf);
      this.breakOff('bare LF in a message');
    } else if (result === 'cr') {
      this.reply(550, bareCr);
      this.breakOff('bare CR in a message');
    } else if (refused === undefined) {
      this.ask('end', { tag: 'end', wireSize, unixSize, refused });
    } else {
      const text = refused === 'looping' ? looping : oversize;
      this.reply(refused === 'looping' ? 554 : 552, text);
      this.closeTransaction();
      this.events.push({ tag: 'end', wireSize, unixSize, refused: text });
    }
  }
}
