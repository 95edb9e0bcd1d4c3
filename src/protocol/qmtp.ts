/**
 * A QMTP server session (spec qmtp-qmqp.md §2): packages in, one answer a recipient out, as many packages as the client
 * sends. Which recipients may be written to is asked of the caller's `allowed`; time and queue are the caller's too.
 */
import { CR, LF } from './bytes.js';
import { CrLfLines } from './crlf-lines.js';
import type { ByteString } from './mail.js';
import { netstring } from './netstring.js';
import { PackageMachine, type Step } from './package-machine.js';
import { tooManyRecipients, unknownRecipient } from './package-session.js';

export interface QmtpOptions {
  /** Octets of a message with LF line ends; 0 = no limit. */
  readonly databytes: number;
  /** Recipients of one package; further ones are answered Z, twice as many end the session. */
  readonly maxRecipients: number;
  /** Set, even empty: the client may relay; appended to each of its recipients. */
  readonly relayclient: ByteString | undefined;
  /** Is mail for this recipient taken (rcpthosts)? When it throws, the session ends. */
  readonly allowed: (recipient: ByteString) => boolean;
  /** What every recipient is answered: the client is blocked. */
  readonly blocked?: ByteString | undefined;
}

const notAllowed: ByteString = "Dsorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)";
const notUsable: ByteString = "Dsorry, I can't handle that recipient (#5.1.3)";
const badSender: ByteString = 'Dunacceptable sender (#5.1.7)';
const tooLarge: ByteString = 'Dsorry, that message size exceeds my databytes limit (#5.3.4)';

type State =
  | 'length'
  | 'type'
  | 'body'
  | 'body-comma'
  | 'sender-length'
  | 'sender'
  | 'sender-comma'
  | 'list-length'
  | 'recipient-length'
  | 'recipient'
  | 'recipient-comma'
  | 'list-comma'
  | 'decision';

export class QmtpServerSession extends PackageMachine<State> {
  readonly #options: QmtpOptions;
  /** Octets of the body still to come. */
  #left = 0;
  #lines: CrLfLines | undefined;
  #size = 0;
  #large = false;
  #sender: ByteString | undefined;
  #recipients: ByteString[] = [];
  /** One a recipient of the package; undefined for those that the caller's decision answers. */
  #answers: (ByteString | undefined)[] = [];

  constructor(options: QmtpOptions) {
    super('length');
    this.#options = options;
  }

  protected override get between(): boolean {
    return this.state === 'length';
  }

  protected override step(state: State): Step {
    return this.#steps[state]();
  }

  /** Each has an answer of its own. */
  override without(unknown: ReadonlySet<ByteString>): readonly ByteString[] {
    let at = 0;
    for (const [index, answer] of this.#answers.entries()) {
      if (answer !== undefined) continue;
      if (unknown.has(this.#recipients[at] ?? '')) this.#answers[index] = unknownRecipient;
      at += 1;
    }
    this.#recipients = this.#recipients.filter((recipient) => !unknown.has(recipient));
    return this.#recipients;
  }

  /** `each`: answers that recipients of the open `end` have of their own, by their place there. */
  override decide(answer: ByteString, each: readonly (ByteString | undefined)[] = []): void {
    if (this.state !== 'decision') return;
    let at = 0;
    for (const own of this.#answers) this.say(netstring(own ?? each[at++] ?? answer));
    this.#answers = [];
    this.#recipients = [];
    this.state = 'length';
  }

  readonly #steps: Readonly<Record<State, () => Step>> = {
    length: () => this.#length(),
    type: () => this.#type(),
    body: () => this.#body(),
    'body-comma': () => this.comma('sender-length'),
    'sender-length': () => this.#addressLength(this.input.length(), 'sender'),
    sender: () => this.#takeSender(),
    'sender-comma': () => this.comma('list-length'),
    'list-length': () => this.#list(),
    'recipient-length': () => this.#nextRecipient(),
    recipient: () => this.#takeRecipient(),
    'recipient-comma': () => this.comma('recipient-length'),
    'list-comma': () => this.#end(),
    decision: () => undefined,
  };

  #length(): Step {
    const length = this.input.length();
    if (length === undefined) return undefined;
    if (length === 0) return this.input.fail(100);
    this.#left = length - 1;
    this.state = 'type';
    return true;
  }

  /** The first octet tells how lines end. */
  #type(): Step {
    const type = this.input.piece(1)?.[0];
    if (type === undefined) return undefined;
    if (type !== LF && type !== CR) return this.input.fail(100);
    this.#lines = type === CR ? new CrLfLines() : undefined;
    this.#size = 0;
    const { databytes } = this.#options;
    this.#large = databytes > 0 && type === LF && this.#left > databytes;
    this.state = 'body';
    return { tag: 'message' };
  }

  #body(): Step {
    if (this.#left === 0) {
      this.state = 'body-comma';
      return true;
    }
    const piece = this.input.piece(this.#left);
    if (piece === undefined) return undefined;
    this.#left -= piece.length;
    if (this.#large) return true;
    const bytes = this.#lines === undefined ? piece : this.#lines.convert(piece, this.#left === 0);
    this.#size += bytes.length;
    this.#large = this.#options.databytes > 0 && this.#size > this.#options.databytes;
    return this.#large || bytes.length === 0 ? true : { tag: 'body', bytes };
  }

  #addressLength(length: number | undefined, next: State, extra = 0): Step {
    if (length === undefined) return undefined;
    this.address.begin(length, extra);
    this.state = next;
    return true;
  }

  #takeSender(): Step {
    const read = this.address.read(this.input);
    if (read === undefined) return undefined;
    this.#sender = read.address;
    this.state = 'sender-comma';
    return true;
  }

  #list(): Step {
    const length = this.input.length();
    if (length === undefined) return undefined;
    this.input.enclose(length);
    this.state = 'recipient-length';
    return true;
  }

  #nextRecipient(): Step {
    if (this.input.within > 0) {
      if (this.#answers.length >= 2 * this.#options.maxRecipients) return this.input.fail(111);
      return this.#addressLength(this.input.innerLength(), 'recipient', this.#options.relayclient?.length ?? 0);
    }
    this.input.enclose(Number.POSITIVE_INFINITY);
    this.state = 'list-comma';
    return true;
  }

  #takeRecipient(): Step {
    const read = this.address.read(this.input);
    if (read === undefined) return undefined;
    try {
      this.#answers.push(this.#recipientAnswer(read.address, read.spoilt));
    } catch {
      return this.input.fail(111);
    }
    this.state = 'recipient-comma';
    return true;
  }

  /** Undefined: taken, the package's decision answers. */
  #recipientAnswer(address: ByteString | undefined, spoilt: ByteString | undefined): ByteString | undefined {
    const { relayclient, allowed, maxRecipients, blocked } = this.#options;
    if (blocked !== undefined) return blocked;
    const read = address ?? spoilt;
    if (read !== undefined && relayclient === undefined && !allowed(read)) return notAllowed;
    if (address === undefined) return notUsable;
    if (this.#recipients.length >= maxRecipients) return tooManyRecipients;
    this.#recipients.push(address + (relayclient ?? ''));
    return undefined;
  }

  #end(): Step {
    if (this.input.comma() === undefined) return undefined;
    const recipients = this.#recipients;
    const refusal = this.#large ? tooLarge : this.#sender === undefined ? badSender : undefined;
    const settled = refusal !== undefined || recipients.length === 0;
    this.state = 'decision';
    if (settled) this.decide(refusal ?? '');
    return { tag: 'end', sender: this.#sender ?? '', recipients, settled };
  }
}
