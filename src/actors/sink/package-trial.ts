/**
 * What the rules of a sink are asked about one QMTP package, in the order in which SMTP would ask, and what becomes of each of its
 * recipients. Knows no sockets and no rules.
 */
import type { ByteString } from '../../protocol/mail.js';
import { plainVerdict, type SinkVerdict } from '../../protocol/sink/judge.js';
import { magicOf } from '../../protocol/sink/magic.js';
import type { SinkRefusal, SinkStage } from '../../protocol/sink/rule.js';

export interface TrialQuestion {
  readonly stage: SinkStage;
  readonly address: ByteString;
  /** What the recipient's address wants in place of an answer. */
  readonly wanted: SinkVerdict | undefined;
}

export class PackageTrial {
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
  readonly #magic: boolean;
  /** By place; undefined for a recipient that the package's own fate settles. */
  readonly #own: (SinkRefusal | undefined)[] = [];
  /** The same for those who want it at the end only. */
  #later: (SinkRefusal | undefined)[] | undefined;
  #atEnd: SinkVerdict | undefined;
  #refused = 0;
  /** Of the question under way: -1 the sender, then each recipient, then `data` and `end`. */
  #at = -1;

  constructor(sender: ByteString, recipients: readonly ByteString[], magic: boolean) {
    this.sender = sender;
    this.recipients = recipients;
    this.#magic = magic;
  }

  /** Undefined when all has been asked, or nobody is left to get the message. */
  question(): TrialQuestion | undefined {
    const { sender, recipients } = this;
    const count = recipients.length;
    if (this.#at < 0) return { stage: 'mail', address: sender, wanted: undefined };
    if (this.#at < count) return this.#ofRecipient(recipients[this.#at] ?? '');
    if (this.#at > count + 1 || this.#refused === count) return undefined;
    if (this.#at === count) return { stage: 'data', address: sender, wanted: undefined };
    return { stage: 'end', address: sender, wanted: this.#atEnd };
  }

  #ofRecipient(address: ByteString): TrialQuestion {
    const magic = this.#magic ? magicOf(address) : undefined;
    if (magic === undefined) return { stage: 'rcpt', address, wanted: undefined };
    const verdict = plainVerdict(magic.action);
    if (magic.stage === 'rcpt') return { stage: 'rcpt', address, wanted: verdict };
    if (verdict.refusal === undefined) this.#atEnd = verdict;
    else {
      this.#later ??= [];
      this.#later[this.#at] = verdict.refusal;
    }
    return { stage: 'rcpt', address, wanted: undefined };
  }

  /** The question is answered with yes. */
  pass(): void {
    this.#at++;
  }

  /** The question is answered with no. False: that is no answer for one recipient, but for all that are left. */
  refuse(refusal: SinkRefusal): boolean {
    if (this.#at < 0 || this.#at >= this.recipients.length || refusal.code === 421) return false;
    this.#own[this.#at++] = refusal;
    this.#refused++;
    return true;
  }

  /** All has been asked: answers what each recipient is refused with, by place, and those refused only now. */
  wishes(): { readonly own: readonly (SinkRefusal | undefined)[]; readonly late: readonly SinkRefusal[] } {
    const late: SinkRefusal[] = [];
    if (this.#refused < this.recipients.length) {
      for (const [place, refusal] of (this.#later ?? []).entries()) {
        if (refusal === undefined || this.#own[place] !== undefined) continue;
        this.#own[place] = refusal;
        late.push(refusal);
      }
    }
    return { own: this.#own, late };
  }

  /** What recipients were refused with so far, by place. */
  get own(): readonly (SinkRefusal | undefined)[] {
    return this.#own;
  }
}
