/**
 * What a sink is told and what it says: the types of its public face.
 */
import type { ArrivalVerdict } from './arrival-book.js';
import type { SinkCounts } from './counts.js';
import type { SinkLatency } from './ledger.js';
import type { SinkMatch } from './match.js';
import type { ReceivedMessage } from './received.js';
import type { CertificateAndKey } from './tls/self-signed.js';

export interface SinkAddress {
  readonly address: string;
  /** 0 = any free one. */
  readonly port: number;
}

/** `smtps`: TLS from the first octet. */
export type SinkListenerProtocol = 'smtp' | 'smtps' | 'lmtp' | 'qmtp' | 'http';

/** Without any address: SMTP on a free port of 127.0.0.1. */
export interface SinkOptions {
  readonly smtp?: SinkAddress;
  /** SMTP with TLS from the first octet (RFC 8314); with a certificate of its own making unless `tls` names one. */
  readonly smtps?: SinkAddress;
  readonly lmtp?: SinkAddress;
  readonly qmtp?: SinkAddress;
  /** Page, interface and metrics; any other request is answered 200 and counted. */
  readonly http?: SinkAddress;
  /** Names by which the page and the interface may be asked, beside addresses and localhost. */
  readonly httpNames?: readonly string[];
  /** File for a record of each marked arrival. */
  readonly ledger?: string;
  /** Goes on with the ledger file of an earlier sink; default: it is emptied. */
  readonly resume?: boolean;
  /** Milliseconds from sending to arrival after which a marked message counts as late; default 60,000. */
  readonly lateMs?: number;
  /** Rules (docs/sink.md), or the name of a preset. */
  readonly rules?: string;
  /** Whether addresses as `450-x@…` are obeyed; default true. */
  readonly magic?: boolean;
  /** MiB of the newest messages that can be looked at; 0 keeps none; default 32. */
  readonly keep?: number;
  /**
   * Each kept message is also written: to a Maildir (a path that ends with a slash, or a folder that is there), else to the end of an
   * mbox file. Wants `keep` above 0.
   */
  readonly out?: string;
  /** Told of each kept message when it has arrived. */
  readonly arrived?: (message: ReceivedMessage) => void;
  /**
   * How many take mail at a time, each a process with a core of its own to use; default 1: this process. Rules count over all of
   * them; `setRules` reaches them a moment later.
   */
  readonly threads?: number;
  /** Octets of a message, lines ended LF, above which it is refused with 552 (QMTP: D); announced as SIZE. Default: any. */
  readonly maxSize?: number;
  /**
   * STARTTLS is offered over SMTP and LMTP: with this certificate and key (PEM), or with ones that the sink makes for itself.
   */
  readonly tls?: CertificateAndKey | 'self-made';
  /** Told in words for a person when the ledger file can be written no more; default: a line on stderr. */
  readonly troubled?: (text: string) => void;
}

export interface SinkListener extends SinkAddress {
  readonly protocol: SinkListenerProtocol;
}

/** What has arrived; `verdict` is there once a marked message was. Octets are those of messages as they came. */
export interface SinkReport extends Readonly<SinkCounts> {
  readonly verdict: ArrivalVerdict | undefined;
  /** Of marked messages that say when they were sent. */
  readonly latency: SinkLatency | undefined;
  /** Why the ledger file is written no more. */
  readonly ledgerTrouble: string | undefined;
  readonly kept: { readonly messages: number; readonly octets: number };
}

export interface Sink {
  readonly listeners: readonly SinkListener[];
  /** Port of a protocol's listener; throws when there is none. */
  port(protocol?: SinkListenerProtocol): number;
  report(): SinkReport;
  /** Kept messages that match, oldest first. */
  messages(match?: SinkMatch): ReceivedMessage[];
  /** A kept message's octets, as in a file; undefined when it is not kept any more. */
  raw(id: number): Uint8Array | undefined;
  /** Octets of an attachment, decoded; `number` is its `part`. Undefined when there is no such message or part. */
  part(id: number, number: number): Uint8Array | undefined;
  /**
   * The oldest kept message that matches, or the next one that arrives. Rejects after `timeout` milliseconds (default 10,000) with
   * a list of what did arrive, and when the sink is closed.
   */
  wait(match?: SinkMatch, options?: { readonly timeout?: number }): Promise<ReceivedMessage>;
  /** Forgets kept messages, all or those that match; answers how many. Counts stay. */
  clear(match?: SinkMatch): number;
  /** Puts other rules in force, a text or a preset's name. Throws SinkRulesError with line and reason; then nothing changes. */
  setRules(rules: string): void;
  /** Stops listening, cuts open connections, completes the ledger file. May be called twice. */
  close(): Promise<void>;
}
