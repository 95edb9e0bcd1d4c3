/**
 * The SMTP client as a sans-IO session: greeting, EHLO or HELO, then one transaction after another on the same
 * connection (RFC 5321, RFC 2920; texts of qmail, spec remote.md §5). Knows no socket, clock or DNS.
 */
import type { ByteString, Outcome } from '../mail.js';
import { isRefusal, type Reply, ReplyReader } from './reply-reader.js';
import { connectionDied, outcomesOf, rawReport, type TransactionRecord, withReply } from './report.js';
import type { SmtpClient, SmtpClientEvent, SmtpClientOptions, Transaction } from './session.js';
import { type Progress, TransactionDialogue } from './transaction.js';

type State = 'greeting' | 'ehlo' | 'helo' | 'starttls' | 'tls' | 'login' | 'ready' | 'transaction' | 'closed';

/** The keywords of an EHLO reply, upper case (RFC 5321 §4.1.1.1). */
function keywords(text: ByteString): Set<string> {
  const words = new Set<string>();
  for (const line of text.split('\n').slice(1)) {
    const word = /^[A-Za-z0-9][A-Za-z0-9-]*/.exec(line.slice(4))?.[0];
    if (word) words.add(word.toUpperCase());
  }
  return words;
}

export class SmtpClientSession implements SmtpClient {
  private readonly options: SmtpClientOptions;
  private readonly reader = new ReplyReader();
  private state: State = 'greeting';
  private extensions: ReadonlySet<string> = new Set();
  private dialogue: TransactionDialogue | undefined;
  /** The transaction after the one under way, and its dialogue once its commands are out. */
  private following: Transaction | undefined;
  private early: { readonly dialogue: TransactionDialogue; readonly progress: Progress } | undefined;
  private lastRecord: TransactionRecord | undefined;
  private events: SmtpClientEvent[] = [];
  private out: (ByteString | Uint8Array)[] = [];
  private gone = false;
  private dirty = false;
  private used = false;
  private mute = false;
  /** The last report said that this connection is not usable. */
  private spent = false;
  private secure = false;

  constructor(options: SmtpClientOptions) {
    this.options = options;
  }

  receive(chunk: Uint8Array): void {
    if (this.state !== 'closed') this.reader.receive(chunk);
  }

  /** Copies what is held of the chunks received: their memory may be used again. */
  retain(): void {
    this.reader.retain();
  }

  output(): readonly (ByteString | Uint8Array)[] {
    const out = this.out;
    if (out.length > 0) this.out = [];
    return out;
  }

  next(): SmtpClientEvent | undefined {
    while (this.events.length === 0 && this.state !== 'closed') {
      const reply = this.state === 'ready' ? this.unasked() : this.reader.next();
      if (reply === undefined && !this.gone) return undefined;
      if (reply === undefined || reply === 'broken') this.dropped();
      else if (this.dialogue) this.progress(this.dialogue.reply(reply));
      else this.greeted(reply);
    }
    return this.events.shift();
  }

  get overlaps(): boolean {
    return this.state === 'transaction' && this.following === undefined && this.extensions.has('PIPELINING');
  }

  /** The message under way is out with its final dot, and the next one may begin: its commands go in the same write. */
  get handedOver(): boolean {
    return this.overlaps && this.dialogue?.handedOver === true;
  }

  begin(transaction: Transaction): void {
    if (this.overlaps) {
      this.following = transaction;
      this.overlap();
      return;
    }
    if (this.state === 'transaction') throw new Error('begin: a transaction is under way on this connection');
    if (this.state !== 'ready' && this.state !== 'closed') throw new Error('begin: the server has not greeted yet');
    this.dialogue = this.newDialogue(transaction);
    if (this.state === 'closed' || this.spent) {
      this.dialogue.lost();
      this.report(this.dialogue);
      return;
    }
    this.state = 'transaction';
    this.progress(this.dialogue.start());
  }

  piece(bytes: Uint8Array, last: boolean): void {
    if (this.dialogue) this.progress(this.dialogue.piece(bytes, last));
  }

  cancel(message: Outcome): void {
    if (this.dialogue) this.progress(this.dialogue.cancel(message));
  }

  /** TLS has begun: what the server said before is worth nothing, and it is greeted again (RFC 3207 §4.2). */
  secured(): void {
    this.secure = true;
    this.extensions = new Set();
    this.hello('ehlo');
  }

  quit(): void {
    if (this.state === 'transaction') {
      this.gone = true;
      this.dropped();
    } else if (this.state !== 'closed') this.close(undefined, !this.gone && !this.mute);
  }

  lost(): void {
    this.gone = true;
  }

  /** The report of the last transaction (or of the failed greeting) as qmail-remote writes it (spec remote.md §6). */
  rawReport(): ByteString {
    return this.lastRecord ? rawReport(this.lastRecord) : '';
  }

  private close(outcome: Outcome | undefined, sayQuit: boolean): void {
    if (sayQuit) this.out.push('QUIT\r\n');
    if (outcome) this.lastRecord = { recipients: [], message: outcome };
    this.state = 'closed';
    this.events.push({ tag: 'closed', outcome });
  }

  /** The connection is of no more use: nothing more comes, or what comes is no SMTP. */
  private dropped(): void {
    const { dialogue } = this;
    const early = this.state !== 'ready' && !dialogue;
    if (dialogue) {
      dialogue.lost();
      this.report(dialogue);
    }
    this.close(early ? connectionDied(this.options.peer, false) : undefined, false);
  }

  /**
   * Bytes that came while nothing was asked. Before the first transaction and without PIPELINING they are kept as the
   * answer to what comes next, as qmail does; otherwise a reply out of turn would shift all later ones, and one of
   * them would be taken for the acceptance of a message: the connection is given up.
   */
  private unasked(): Reply | undefined | 'broken' {
    if (!this.reader.ahead || !(this.used || this.extensions.has('PIPELINING'))) return undefined;
    return 'broken';
  }

  private greeted(reply: Reply): void {
    if (this.state === 'greeting') {
      if (reply.code === 220) this.hello(this.options.greet);
      else this.turnedAway('greeting failed.', reply);
    } else if (this.state === 'tls') this.dropped();
    else if (this.state === 'starttls') this.startTls(reply);
    else if (this.state === 'login') this.loggedIn(reply);
    else if (reply.code === 250) {
      if (this.state === 'ehlo') this.extensions = this.offered(reply.text);
      if (!this.secure && this.options.starttls === true && this.extensions.has('STARTTLS')) {
        this.state = 'starttls';
        this.out.push('STARTTLS\r\n');
      } else this.introduced(reply);
    } else if (this.state === 'ehlo' && isRefusal(reply.code) && reply.code !== 421) this.hello('helo');
    else this.turnedAway('my name was rejected.', reply);
  }

  /** EHLO, and STARTTLS where it is used, are through. */
  private introduced(reply: Reply): void {
    const { login } = this.options;
    if (login === undefined) this.ready();
    else if (this.extensions.has('AUTH')) {
      this.state = 'login';
      // RFC 4954 §4: with an initial response, one reply.
      this.out.push(`AUTH PLAIN ${login}\r\n`);
    } else this.turnedAway('it offers no AUTH.', reply);
  }

  private loggedIn(reply: Reply): void {
    if (reply.code === 235) this.ready();
    else this.turnedAway('my login was rejected.', reply);
  }

  private ready(): void {
    this.state = 'ready';
    this.events.push({ tag: 'ready', extensions: this.extensions });
  }

  private startTls(reply: Reply): void {
    // What stands behind this reply came without TLS, and would be taken for the reply to what is said under it.
    if (reply.code === 220 && this.reader.ahead) this.dropped();
    else if (reply.code === 220) {
      this.state = 'tls';
      this.events.push({ tag: 'starttls' });
    } else if (reply.code === 421) this.turnedAway('STARTTLS was rejected.', reply);
    else this.introduced(reply);
  }

  private offered(text: ByteString): ReadonlySet<string> {
    const words = keywords(text);
    if (this.options.pipelining === false) words.delete('PIPELINING');
    return words;
  }

  private hello(greet: 'ehlo' | 'helo'): void {
    this.state = greet;
    this.out.push(`${greet === 'ehlo' ? 'EHLO' : 'HELO'} ${this.options.helohost}\r\n`);
  }

  private turnedAway(what: ByteString, reply: Reply): void {
    this.close({ status: 'Z', text: withReply(`Connected to ${this.options.peer} but ${what}`, reply.text) }, true);
  }

  private newDialogue(transaction: Transaction): TransactionDialogue {
    const { extensions, dirty, used } = this;
    const { peer, greet } = this.options;
    const eightBitAddresses = greet === 'helo';
    return new TransactionDialogue(transaction, { peer, extensions, dirty, used, eightBitAddresses }, (piece) => {
      this.out.push(piece);
    });
  }

  private progress(progress: Progress): void {
    if (progress === 'go') this.events.push({ tag: 'go' });
    else if (progress === 'done' && this.dialogue) this.report(this.dialogue);
    this.overlap();
  }

  /** RFC 2920 §3.1: the next MAIL, RCPT and DATA may follow a message in one group, before that is answered. */
  private overlap(): void {
    if (this.following === undefined || this.early !== undefined || this.dialogue?.handedOver !== true) return;
    this.dirty = false;
    this.used = true;
    const dialogue = this.newDialogue(this.following);
    this.early = { dialogue, progress: dialogue.start() };
  }

  private report(dialogue: TransactionDialogue): void {
    this.lastRecord = dialogue.record;
    this.dialogue = undefined;
    this.dirty = dialogue.dirty;
    this.mute = dialogue.mute;
    this.used = true;
    this.spent ||= !dialogue.usable;
    if (this.state === 'transaction') this.state = 'ready';
    const { usable, stale } = dialogue;
    this.events.push({ tag: 'report', outcomes: outcomesOf(this.lastRecord, this.options.peer), usable, stale });
    this.follow();
  }

  /** The transaction that waited is the one under way now. */
  private follow(): void {
    const { following, early } = this;
    if (following === undefined) return;
    this.following = undefined;
    this.early = undefined;
    if (early === undefined) {
      this.begin(following);
      return;
    }
    this.dialogue = early.dialogue;
    if (this.spent) {
      early.dialogue.lost();
      this.report(early.dialogue);
      return;
    }
    this.state = 'transaction';
    this.progress(early.progress);
  }
}
