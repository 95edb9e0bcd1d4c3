/**
 * The newest messages of a sink, up to so many octets: what can be looked at, searched and waited for.
 * Memory only; the oldest go first.
 */
import type { ByteString } from '../../protocol/mail.js';

export type SinkProtocol = 'smtp' | 'lmtp' | 'qmtp';

export interface KeptMessage {
  /** From 1, in the order of arrival. */
  id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly protocol: SinkProtocol;
  readonly client: string;
  readonly helo: ByteString;
  /** Name that logged in; '' when none did. */
  readonly login: ByteString;
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
  /** Octets as they came. */
  readonly size: number;
  /** As in a file: lines end CR LF, no doubled dots. */
  readonly bytes: Uint8Array;
  /** Only its first part was kept: it was larger than all that may be kept. */
  readonly cut: boolean;
  /** The session, a line a command or reply. */
  readonly transcript: readonly string[];
}

/** What a message costs beyond its octets. */
const overhead = 512;

export class KeptMessages {
  readonly #limit: number;
  readonly #messages = new Map<number, KeptMessage>();
  readonly #added: ((message: KeptMessage) => void)[] = [];
  #octets = 0;
  #last = 0;

  /** @param limit octets; 0 keeps none */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }
  get octets(): number {
    return this.#octets;
  }
  get count(): number {
    return this.#messages.size;
  }
  /** Number of the newest message there ever was. */
  get last(): number {
    return this.#last;
  }

  onAdded(told: (message: KeptMessage) => void): void {
    this.#added.push(told);
  }

  /** Numbers and keeps it. */
  add(message: KeptMessage): void {
    message.id = ++this.#last;
    this.#messages.set(message.id, message);
    this.#octets += cost(message);
    for (const oldest of this.#messages.values()) {
      if (this.#octets <= this.#limit || oldest === message) break;
      this.remove(oldest.id);
    }
    for (const told of this.#added) told(message);
  }

  get(id: number): KeptMessage | undefined {
    return this.#messages.get(id);
  }

  /** False when there is no such message. */
  remove(id: number): boolean {
    const message = this.#messages.get(id);
    if (message === undefined) return false;
    this.#octets -= cost(message);
    return this.#messages.delete(id);
  }

  /** Answers how many there were. */
  clear(): number {
    const count = this.#messages.size;
    this.#messages.clear();
    this.#octets = 0;
    return count;
  }

  /** Oldest first. */
  all(): IterableIterator<KeptMessage> {
    return this.#messages.values();
  }
}

function cost(message: KeptMessage): number {
  let octets = overhead + message.bytes.length;
  for (const line of message.transcript) octets += line.length + 16;
  for (const recipient of message.recipients) octets += recipient.length + 16;
  return octets;
}
