/**
 * One QMTP connection of the sink: the same rules and the same account as for SMTP. Answers are K, Z or D, each recipient's own;
 * delays and cuts are the connection's.
 */

import type { PackageEvent } from '../../protocol/package-session.js';
import { QmtpServerSession } from '../../protocol/qmtp.js';
import { plainAccept, type SinkVerdict } from '../../protocol/sink/judge.js';
import type { SinkRefusal, SinkStage } from '../../protocol/sink/rule.js';
import { UnixToWire } from '../../protocol/smtp/data.js';
import type { Connected } from '../net/connected.js';
import { Collected } from './collected.js';
import type { House, Question } from './house.js';
import { MessageMeter } from './meter.js';
import { PackageTrial } from './package-trial.js';
import { Transcript } from './transcript.js';
import { Wire } from './wire.js';

const bounds = { maxRecipients: 1_000_000, relayclient: '', allowed: () => true } as const;
/** Answers in a session's record; the others are not named there. */
const mostAnswersTold = 400;

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
  /** The package that rules are asked about. */
  #trial: PackageTrial | undefined;

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
    this.#judge('connect', client);
    this.#wire.start();
  }

  #receive(chunk: Buffer): void {
    this.#session.receive(chunk);
    if (!this.#held) this.#run();
    this.#session.retain();
  }

  #run(): void {
    while (!this.#held && !this.#wire.over) {
      if (this.#trial !== undefined) {
        this.#try(this.#trial);
        continue;
      }
      const event = this.#session.next();
      if (event === undefined) break;
      if (this.#take(event)) {
        this.#wire.end();
        return;
      }
    }
    this.#reply();
  }

  #reply(): void {
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
      if (event.settled) this.#settled(event.recipients.length);
      else this.#trial = new PackageTrial(event.sender, event.recipients, this.#house.troubles.magic);
    } else return true;
    return false;
  }

  /** The session has refused it: too large, or no address in it can be used. */
  #settled(recipients: number): void {
    if (recipients > 0) this.#house.counts.refused5++;
    this.#forget();
  }

  #body(bytes: Uint8Array): void {
    this.#size += bytes.length;
    this.#takeWire(this.#wireForm.push(bytes));
    if (!this.#untouched) return;
    this.#untouched = false;
    this.#judge('body', '');
  }

  #takeWire(bytes: Uint8Array | string): void {
    // What SMTP could not carry has no mark that could be right.
    if (typeof bytes === 'string') return;
    this.#meter.take(bytes);
    this.#collected?.take(bytes);
  }

  /** One question after another: each recipient may have an answer of its own. */
  #try(trial: PackageTrial): void {
    const question = trial.question();
    if (question === undefined) this.#arrive(trial, true);
    else if (question.wanted !== undefined) this.#meet(question.stage, question.wanted);
    else this.#judge(question.stage, question.address);
  }

  #judge(stage: SinkStage, address: string): void {
    const { troubles } = this.#house;
    if (!troubles.concerns(stage)) this.#settle(stage, plainAccept);
    else {
      const question = { stage, client: this.#wire.client, sender: this.#trial?.sender ?? '', address };
      const verdict = this.#house.judge(question);
      if (verdict === undefined) this.#ask(question);
      else this.#meet(stage, verdict);
    }
  }

  /** Only the judge of all processes can say; until then nothing is read. */
  #ask(question: Question): void {
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
    if (verdict.delayMs === 0) {
      this.#settle(stage, verdict);
      return;
    }
    this.#held = true;
    this.#wire.hold(verdict.delayMs, () => {
      this.#held = false;
      this.#settle(stage, verdict);
      this.#run();
    });
  }

  #settle(stage: SinkStage, { does, refusal }: SinkVerdict): void {
    const trial = this.#trial;
    if (does === 'accept') trial?.pass();
    else if (does === 'refuse' && refusal !== undefined) {
      // Before a package nothing can be answered.
      if (trial === undefined) this.#wire.end();
      else if (!trial.refuse(refusal)) this.#refuse(trial, refusal);
    } else {
      if (does === 'take-drop' && trial !== undefined) this.#arrive(trial, false);
      // What was answered before goes out before trouble ends the talk.
      if (stage !== 'connect') this.#reply();
      if (does === 'stall') this.#wire.stall();
      else this.#wire.cut();
    }
  }

  /** All that have no answer yet get this one. */
  #refuse(trial: PackageTrial, refusal: SinkRefusal): void {
    this.#forget();
    this.#answer(trial.own, answerOf(refusal));
    if (refusal.code === 421) this.#hangUp();
  }

  #answer(own: readonly (SinkRefusal | undefined)[], others: string): void {
    const each = own.map((refusal) => (refusal === undefined ? undefined : answerOf(refusal)));
    this.#trial = undefined;
    this.#session.decide(others, each);
  }

  #hangUp(): void {
    this.#reply();
    this.#wire.end();
  }

  #forget(): void {
    this.#meter.reset();
    this.#collected?.drop();
  }

  #arrive(trial: PackageTrial, answered: boolean): void {
    const { own, late } = trial.wishes();
    for (const refusal of late) this.#house.refused(refusal);
    const recipients = own.length === 0 ? trial.recipients : trial.recipients.filter((_, place) => own[place] === undefined);
    if (recipients.length === 0) this.#forget();
    else this.#house.took(recipients, this.#size, this.#meter.finish());
    if (!answered) this.#house.counts.unanswered += recipients.length;
    if (recipients.length > 0) this.#keep(trial, recipients, answered ? own : undefined);
    if (!answered) return;
    this.#answer(own, 'Kok');
    if (late.some(({ code }) => code === 421)) this.#hangUp();
  }

  /** `own`: undefined when nobody was answered. */
  #keep({ sender, recipients: all }: PackageTrial, recipients: readonly string[], own: PackageTrial['own'] | undefined): void {
    if (this.#collected === undefined) return;
    const transcript = new Transcript();
    transcript.client(`(QMTP package from <${sender}> for ${all.length} recipients, ${this.#size} octets)`);
    for (const [place, recipient] of own === undefined ? [] : all.slice(0, mostAnswersTold).entries()) {
      const refusal = own?.[place];
      transcript.server(`${refusal === undefined ? 'Kok' : answerOf(refusal)} (<${recipient}>)`);
    }
    this.#house.books.keep({
      ...{ id: 0, at: Date.now(), protocol: 'qmtp', client: this.#wire.client, helo: '', login: '' },
      ...{ sender, recipients, size: this.#size, ...this.#collected.finish(), transcript: transcript.take() },
    });
  }
}

/** Temporary or permanent, and the reply's text. */
function answerOf({ code, text }: SinkRefusal): string {
  return `${code < 500 ? 'Z' : 'D'}${text}`;
}
