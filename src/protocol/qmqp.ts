/**
 * A QMQP server session (spec qmtp-qmqp.md §3): one package in, one answer out. It relays to anybody; who may connect at
 * all is decided before. Time and queue are the caller's.
 */
import type { ByteString } from './mail.js';
import { netstring } from './netstring.js';
import { PackageMachine, type Step } from './package-machine.js';
import { tooManyRecipients } from './package-session.js';

export interface QmqpOptions {
  /** Recipients of the package; with more it is answered Z as a whole. */
  readonly maxRecipients: number;
}

const badAddress: ByteString = "Dsorry, I can't accept addresses like that (#5.1.3)";
/** The outer length must end within so many octets. */
const longestOuterLength = 100;

type State =
  | 'outer-length'
  | 'body-length'
  | 'body'
  | 'body-comma'
  | 'address-length'
  | 'address'
  | 'address-comma'
  | 'outer-comma'
  | 'decision'
  | 'quit';

export class QmqpServerSession extends PackageMachine<State> {
  readonly #options: QmqpOptions;
  #left = 0;
  #sender: ByteString | undefined;
  readonly #recipients: ByteString[] = [];
  #refusal: ByteString | undefined;

  constructor(options: QmqpOptions) {
    super('outer-length');
    this.#options = options;
    this.input.enclose(longestOuterLength);
  }

  protected override get between(): boolean {
    return this.state === 'outer-length';
  }

  protected override step(state: State): Step {
    return this.#steps[state]();
  }

  /** There is one answer for all: a message that somebody gets is taken for everybody, and the others are a bounce. */
  override without(unknown: ReadonlySet<ByteString>): readonly ByteString[] {
    return this.#recipients.every((recipient) => unknown.has(recipient)) ? [] : this.#recipients;
  }

  override decide(answer: ByteString): void {
    if (this.state !== 'decision') return;
    this.say(netstring(answer));
    this.state = 'quit';
  }

  readonly #steps: Readonly<Record<State, () => Step>> = {
    'outer-length': () => this.#outer(),
    'body-length': () => this.#message(),
    body: () => this.#body(),
    'body-comma': () => this.comma('address-length'),
    'address-length': () => this.#nextAddress(),
    address: () => this.#takeAddress(),
    'address-comma': () => this.comma('address-length'),
    'outer-comma': () => this.#end(),
    decision: () => undefined,
    quit: () => {
      this.state = 'over';
      return { tag: 'quit' };
    },
  };

  #outer(): Step {
    const length = this.input.length();
    if (length === undefined) return undefined;
    this.input.enclose(length);
    this.state = 'body-length';
    return true;
  }

  #message(): Step {
    const length = this.input.innerLength();
    if (length === undefined) return undefined;
    this.#left = length;
    this.state = 'body';
    return { tag: 'message' };
  }

  #body(): Step {
    if (this.#left === 0) {
      this.state = 'body-comma';
      return true;
    }
    const bytes = this.input.piece(this.#left);
    if (bytes === undefined) return undefined;
    this.#left -= bytes.length;
    return { tag: 'body', bytes };
  }

  /** The first address is the sender and must be there. */
  #nextAddress(): Step {
    if (this.input.within === 0 && this.#sender !== undefined) {
      this.input.enclose(1);
      this.state = 'outer-comma';
      return true;
    }
    const length = this.input.innerLength();
    if (length === undefined) return undefined;
    this.address.begin(length);
    this.state = 'address';
    return true;
  }

  #takeAddress(): Step {
    const read = this.address.read(this.input);
    if (read === undefined) return undefined;
    if (read.address === undefined) this.#refusal = badAddress;
    if (this.#sender === undefined) this.#sender = read.address ?? '';
    else if (this.#recipients.length >= this.#options.maxRecipients) this.#refusal ??= tooManyRecipients;
    else this.#recipients.push(read.address ?? '');
    this.state = 'address-comma';
    return true;
  }

  #end(): Step {
    if (this.input.comma() === undefined) return undefined;
    this.state = 'decision';
    const settled = this.#refusal !== undefined;
    if (this.#refusal !== undefined) this.decide(this.#refusal);
    return { tag: 'end', sender: this.#sender ?? '', recipients: this.#recipients, settled };
  }
}
