/**
 * What a QMTP and a QMQP session have in common: octets are turned into events by one step after another, until octets or
 * a decision are missing or the client broke the protocol. Knows nothing of what the steps read.
 */
import type { ByteString } from './mail.js';
import { AddressReader, NetstringInput } from './netstring.js';
import type { PackageEvent, PackageSession } from './package-session.js';

/** An event; true: go on; undefined: octets or a decision are missing, or the input has a fault. */
export type Step = PackageEvent | true | undefined;

export abstract class PackageMachine<State extends string> implements PackageSession {
  protected readonly input = new NetstringInput();
  protected readonly address = new AddressReader();
  protected state: State | 'over';
  #output: ByteString = '';

  constructor(first: State) {
    this.state = first;
  }

  protected abstract step(state: State): Step;
  abstract without(unknown: ReadonlySet<ByteString>): readonly ByteString[];
  abstract decide(answer: ByteString): void;

  /** No package is under way. */
  protected abstract readonly between: boolean;

  receive(chunk: Uint8Array): void {
    this.input.receive(chunk);
  }

  retain(): void {
    this.input.retain();
  }

  get busy(): boolean {
    return this.state !== 'over' && !(this.between && this.input.untouched);
  }

  next(): PackageEvent | undefined {
    while (this.state !== 'over') {
      const step = this.step(this.state);
      if (this.input.fault !== undefined) {
        this.state = 'over';
        return { tag: 'broken', fault: this.input.fault };
      }
      if (step !== true) return step;
    }
    return undefined;
  }

  protected say(octets: ByteString): void {
    this.#output += octets;
  }

  output(): ByteString {
    const output = this.#output;
    this.#output = '';
    return output;
  }

  protected comma(next: State): Step {
    if (this.input.comma() === undefined) return undefined;
    this.state = next;
    return true;
  }
}
