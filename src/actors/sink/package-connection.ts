/**
 * One QMTP connection of the sink: the same rules and the same account as for SMTP. Answers are K, Z or D for the package;
 * a delay or a refusal of one recipient holds for all of its package.
 */

import type { PackageEvent } from '../../protocol/package-session.js';
import { QmtpServerSession } from '../../protocol/qmtp.js';
import { plainAccept, plainVerdict, type SinkVerdict } from '../../protocol/sink/judge.js';
import { magicOf } from '../../protocol/sink/magic.js';
import { UnixToWire } from '../../protocol/smtp/data.js';
import type { Connected } from '../net/connected.js';
import { Collected } from './collected.js';
import type { House, Question } from './house.js';
import { MessageMeter } from './meter.js';
import { Wire } from './wire.js';

const bounds = { maxRecipients: 1_000_000, relayclient: '', allowed: () => true } as const;

export class SinkPackageConnection {
  readonly #wire: Wire;
  readonly #house: House;
  readonly #session: QmtpServerSession;
  readonly #meter = new MessageMeter();
  readonly #collected: Collected | undefined;
  /** Marks speak of the message as it is on an SMTP wire. */
  #wireForm = new UnixToWire();
  #size = 0;
  #untouched = true;
  #held = false;
  /** The rules for connections let it in. */
  #welcome = false;

  constructor(socket: Connected, house: House) {
    this.#house = house;
    this.#session = new QmtpServerSession({ ...bounds, databytes: house.maxSize });
    this.#wire = new Wire(socket, (chunk) => this.#receive(chunk));
    this.#collected = house.keep > 0 ? new Collected(house.keep, house.room) : undefined;
    const { client } = this.#wire;
    house.came(client);
    socket.once('close', () => {
      house.left(client);
      this.#collected?.drop();
    });
    this.#judge([{ stage: 'connect', client, sender: '', address: client }], () => {
      this.#welcome = true;
    });
    this.#wire.start();
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
      if (this.#take(event)) {
        this.#wire.end();
        return;
      }
    }
    this.#wire.write(this.#session.output());
  }

  /** True when the session is over. */
  #take(event: PackageEvent): boolean {
    if (event.tag === 'message') {
      this.#size = 0;
      this.#untouched = true;
      this.#wireForm = new UnixToWire();
    } else if (event.tag === 'body') this.#body(event.bytes);
    else if (event.tag === 'end') {
      this.#takeWire(this.#wireForm.end());
      if (event.settled) this.#forget();
      else this.#end(event.sender, event.recipients);
    } else return true;
    return false;
  }

  #body(bytes: Uint8Array): void {
    this.#size += bytes.length;
    this.#takeWire(this.#wireForm.push(bytes));
    if (!this.#untouched) return;
    this.#untouched = false;
    this.#judge([{ stage: 'body', client: this.#wire.client, sender: '', address: '' }], () => undefined);
  }

  #takeWire(bytes: Uint8Array | string): void {
    // What SMTP could not carry has no mark that could be right.
    if (typeof bytes === 'string') return;
    this.#meter.take(bytes);
    this.#collected?.take(bytes);
  }

  #end(sender: string, recipients: readonly string[]): void {
    const { client } = this.#wire;
    const all: Question[] = [{ stage: 'mail', client, sender, address: sender }];
    for (const recipient of recipients) all.push({ stage: 'rcpt', client, sender, address: recipient });
    for (const stage of ['data', 'end'] as const) all.push({ stage, client, sender, address: sender });
    this.#judge(all, () => {
      this.#arrive(sender, recipients);
      this.#session.decide('Kok');
    });
  }

  /** Meets the first of the rules asked that does not let the package through, after the delays of those before it. */
  #judge(questions: readonly Question[], take: () => void, from = 0, before = plainAccept): void {
    let verdict = before;
    for (let at = from; at < questions.length && verdict.does === 'accept'; at++) {
      const question = questions[at] as Question;
      const next = this.#verdictOn(question);
      if (next === undefined) {
        this.#ask(question, (answer) => this.#judge(questions, take, at + 1, later(verdict, answer)));
        return;
      }
      verdict = later(verdict, next);
    }
    this.#meet(verdict, take);
  }

  #verdictOn(question: Question): SinkVerdict | undefined {
    const { troubles } = this.#house;
    const magic = question.stage === 'rcpt' && troubles.magic ? magicOf(question.address) : undefined;
    if (magic !== undefined) return plainVerdict(magic.action);
    return troubles.concerns(question.stage) ? this.#house.judge(question) : plainAccept;
  }

  /** Only the judge of all processes can say; until then nothing is read. */
  #ask(question: Question, then: (verdict: SinkVerdict) => void): void {
    this.#held = true;
    const settle = (verdict: SinkVerdict): void => {
      this.#held = false;
      then(verdict);
      if (!this.#held) this.#run();
    };
    this.#wire.await((answered) => this.#house.ask(question, answered), settle);
  }

  #meet(verdict: SinkVerdict, take: () => void): void {
    this.#house.met(verdict);
    if (verdict.slow > 0) this.#wire.slow(verdict.slow);
    if (verdict.delayMs === 0) {
      this.#settle(verdict, take);
      return;
    }
    this.#held = true;
    this.#wire.hold(verdict.delayMs, () => {
      this.#held = false;
      this.#settle(verdict, take);
      this.#run();
    });
  }

  #settle({ does, refusal }: SinkVerdict, take: () => void): void {
    if (does === 'accept') take();
    else if (does === 'stall') this.#wire.stall();
    else if (does === 'refuse' && refusal !== undefined) {
      // Nothing can be answered yet.
      if (!this.#welcome) {
        this.#wire.end();
        return;
      }
      this.#forget();
      this.#session.decide(`${refusal.code < 500 ? 'Z' : 'D'}${refusal.text}`);
      this.#wire.write(this.#session.output());
      if (refusal.code === 421) this.#wire.end();
    } else {
      // At the end of a package take-drop is the sender's; it cannot be told from drop but by the account.
      const { counts } = this.#house;
      const before = counts.recipients;
      if (does === 'take-drop') take();
      counts.unanswered += counts.recipients - before;
      this.#wire.cut();
    }
  }

  #forget(): void {
    this.#meter.reset();
    this.#collected?.drop();
  }

  #arrive(sender: string, recipients: readonly string[]): void {
    this.#house.took(recipients, this.#size, this.#meter.finish());
    if (this.#collected === undefined) return;
    const { bytes, cut } = this.#collected.finish();
    const transcript = [`C: (QMTP package from <${sender}> for ${recipients.length} recipients, ${this.#size} octets)`, 'S: K'];
    const { client } = this.#wire;
    this.#house.books.keep({
      ...{ id: 0, at: Date.now(), protocol: 'qmtp', client, helo: '', login: '', sender, recipients, size: this.#size },
      ...{ bytes, cut, transcript },
    });
  }
}

/** Both, one after the other. */
function later(first: SinkVerdict, second: SinkVerdict): SinkVerdict {
  if (first === plainAccept) return second;
  return { ...second, delayMs: first.delayMs + second.delayMs, slow: second.slow || first.slow };
}
