/**
 * A server session with a policy that a test can set, driven to its end over given bytes, in given pieces. What it
 * answers and keeps is collected as text.
 */
import { fromByteString, toByteString } from '../../src/protocol/bytes.js';
import { SmtpServerSession } from '../../src/protocol/smtp/server.js';
import type { SmtpDecision, SmtpServerEvent, SmtpServerOptions } from '../../src/protocol/smtp/session.js';

const options: SmtpServerOptions = {
  greeting: 'mx.example',
  databytes: 0,
  maxRecipients: 100,
  maxCommandLine: 1024,
  maxErrors: 50,
  maxHops: 100,
  barecr: 'reject',
  maxHeader: 100000,
};

export interface Kept {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly wire: string;
  readonly unixSize: number;
}

export class SmtpPeer {
  readonly session: SmtpServerSession;
  readonly kept: Kept[] = [];
  readonly tags: string[] = [];
  replies = '';
  /** The decision for an event; undefined accepts. */
  decide: (event: SmtpServerEvent) => SmtpDecision | undefined = () => undefined;
  private sender = '';
  private recipients: readonly string[] = [];
  private wire = '';

  constructor(changes: Partial<SmtpServerOptions> = {}) {
    this.session = new SmtpServerSession({ ...options, ...changes });
    this.replies = this.session.output();
  }

  /** Hands bytes over in pieces of the given sizes (the last size repeats); answers the replies made. */
  feed(text: string, sizes: readonly number[] = [text.length]): string {
    const bytes = fromByteString(text);
    const before = this.replies.length;
    for (let at = 0, piece = 0; at < bytes.length; piece++) {
      const size = Math.max(1, sizes[Math.min(piece, sizes.length - 1)] ?? 1);
      this.session.receive(bytes.slice(at, at + size));
      this.drain();
      at += size;
    }
    return this.replies.slice(before);
  }

  drain(): void {
    for (let event = this.session.next(); event !== undefined; event = this.session.next()) {
      if (event.tag !== 'body') this.tags.push(event.tag);
      const wanted = this.decide(event);
      if (this.note(event)) this.session.decide(wanted ?? { accept: true });
    }
    this.replies += this.session.output();
  }

  /** Collects; true when the event wants a decision. */
  private note(event: SmtpServerEvent): boolean {
    if (event.tag === 'data') {
      this.sender = event.sender;
      this.recipients = [...event.recipients];
      this.wire = '';
    } else if (event.tag === 'body') this.wire += toByteString(event.bytes);
    else if (event.tag === 'end' && event.refused === undefined) {
      const { sender, recipients, wire } = this;
      if (wire.length !== event.wireSize) throw new Error(`wireSize ${event.wireSize} for ${wire.length} octets`);
      this.kept.push({ sender, recipients, wire, unixSize: event.unixSize });
    }
    return ['mail', 'rcpt', 'data'].includes(event.tag) || (event.tag === 'end' && event.refused === undefined);
  }
}
