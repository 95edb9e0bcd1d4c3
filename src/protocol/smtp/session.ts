/**
 * What the two SMTP sessions say to whoever moves their bytes: events out, decisions in.
 * Types only. server.ts and client.ts implement them; the server, the client, the bench and
 * the tests use them. No I/O here: a session never sees a socket or a clock.
 */
import type { ByteString, Outcome } from '../mail.js';

/** Bounds of one server session; none of them may be infinite. */
export interface SmtpServerOptions {
  /** First word(s) of the banner and of the replies to HELO, EHLO and QUIT (control/smtpgreeting). */
  readonly greeting: ByteString;
  /** Announced with SIZE and enforced while the body arrives, in unix octets; 0 = no limit. */
  readonly databytes: number;
  readonly maxRecipients: number;
  /** Longest command line in octets, CR LF included (RFC 5321 §4.5.3.1.4 asks for at least 512). */
  readonly maxCommandLine: number;
  /** 4xx and 5xx replies to commands after which the session ends with 421. */
  readonly maxErrors: number;
  /** Received/Delivered-To lines at which a message counts as looping (spec smtpd.md §2.7). */
  readonly maxHops: number;
  readonly barecr: 'reject' | 'space';
  /** Octets of message header after which lines are no longer looked at for hops. */
  readonly maxHeader: number;
  /**
   * 'ehlo': ENHANCEDSTATUSCODES is announced and replies after EHLO begin with an RFC 2034 code.
   * 'never' (default): qmail's texts alone, whose codes stand at the end, and no announcement.
   */
  readonly enhanced?: 'ehlo' | 'never';
  /** LMTP in place of SMTP (RFC 2033): LHLO instead of HELO and EHLO, one reply for each recipient after the last dot. */
  readonly lmtp?: boolean;
  /** Told each command line before it is obeyed; for a transcript. */
  readonly heard?: (line: ByteString) => void;
  /** ETRN is announced and asked about (RFC 1985). */
  readonly etrn?: boolean;
  /** STARTTLS is announced and taken (RFC 3207). */
  readonly starttls?: boolean;
  /** AUTH is announced and asked about (RFC 4954). */
  readonly auth?: boolean;
  /** SMTPUTF8 is announced (RFC 6531): addresses and headers may be UTF-8, which is taken in any case. */
  readonly utf8?: boolean;
  /** A client that sends many commands ahead is interrupted by `breath` events. */
  readonly breath?: boolean;
}

/**
 * Events of a server session, in the order of the client's bytes. `login`, `mail`, `rcpt`, `data` and `end`
 * stay open until `decide` is called; the session reads on only then. The others need no answer,
 * nor does an `end` with `refused` set (a `decide` for it is ignored). HELO, RSET and a new MAIL
 * can only come between messages, so pieces of a body are void after `end` with `refused`, `quit` and `broken` alone.
 */
export type SmtpServerEvent =
  | { readonly tag: 'helo'; readonly name: ByteString; readonly extended: boolean }
  | { readonly tag: 'mail'; readonly sender: ByteString; readonly size: number | undefined }
  /** Name and secret of AUTH as octets (RFC 4954). Open, like mail. */
  | { readonly tag: 'login'; readonly user: ByteString; readonly secret: ByteString }
  /** ETRN's argument (RFC 1985 §5.3): `node`, `@node` with all below it, or `#queue`. Open, like mail. */
  | { readonly tag: 'etrn'; readonly name: ByteString }
  | { readonly tag: 'rcpt'; readonly recipient: ByteString; readonly sender: ByteString }
  | { readonly tag: 'data'; readonly sender: ByteString; readonly recipients: readonly ByteString[] }
  /** A piece of the body in wire form; a view of the chunk given to `receive`, valid as long as that is. */
  | { readonly tag: 'body'; readonly bytes: Uint8Array }
  /** The body is complete. When `refused` is set the message must be thrown away: the session has its reply ready. */
  | { readonly tag: 'end'; readonly wireSize: number; readonly unixSize: number; readonly refused: ByteString | undefined }
  /** Many commands were answered and more are there: a good moment to let other clients have their turn. */
  | { readonly tag: 'breath' }
  | { readonly tag: 'quit' }
  /**
   * The session is over: after its output TLS begins, and what comes over that belongs to a new session, which has not been
   * greeted. Whatever the client sent behind the command is gone (RFC 3207 §6: it may be somebody else's).
   */
  | { readonly tag: 'starttls' }
  /** The session is over after its output is written: bare LF or CR, too many errors. */
  | { readonly tag: 'broken'; readonly why: string };

export interface SmtpRefusal {
  readonly code: number;
  readonly text: ByteString;
}

/**
 * `text` of an acceptance replaces the usual text after the code; `address` replaces the sender or recipient
 * (localiphost, RELAYCLIENT's suffix). `close` ends the session after the reply.
 * `each`, at the end of an LMTP message: what is said for each recipient in place of the acceptance.
 */
export type SmtpDecision =
  | {
      readonly accept: true;
      readonly text?: ByteString;
      readonly address?: ByteString;
      readonly each?: readonly (SmtpRefusal | undefined)[];
    }
  | { readonly accept: false; readonly code: number; readonly text: ByteString; readonly close?: boolean };

export interface SmtpServer {
  /** Takes the next bytes of the client. Call `next` until it answers undefined, then write `output`. */
  receive(chunk: Uint8Array): void;
  /** Copies what was received and not used yet, so that the caller's chunk may be used for something else. */
  retain(): void;
  /** The next event, or undefined when bytes or a decision are missing. */
  next(): SmtpServerEvent | undefined;
  decide(decision: SmtpDecision): void;
  /** Reply bytes made since the last call (the banner is in the first). */
  output(): ByteString;
  /** Makes the session say one last line (421 …) and end; used for timeouts, overload and shutdown. */
  end(code: number, text: ByteString): void;
  /** True while a command group or a body is under way: not idle. */
  readonly busy: boolean;
}

/** One message for one or more recipients of one host. `body` is in wire form, in pieces. */
export interface Transaction {
  readonly sender: ByteString;
  readonly recipients: readonly ByteString[];
  readonly body: readonly Uint8Array[];
  /** Octets of body with CR LF, announced as SIZE= when the server offers it. */
  readonly size: number;
  /** The body holds octets >= 128: BODY=8BITMIME is said where the server offers it. */
  readonly eightBit?: boolean;
  /** `body` is only the beginning (Received lines, say): after the event `go` the rest is handed over with `piece`. */
  readonly streamed?: boolean;
  /** Octets of the whole body with LF line ends, exact: QMTP says it first. Set with `streamed` where the connection is `measured`. */
  readonly unixSize?: number;
}

export interface SmtpClientOptions {
  /** Name given with EHLO and HELO (control/helohost). */
  readonly helohost: ByteString;
  /** Address of the server as the reports write it (`127.0.0.1 accepted message.`). */
  readonly peer: ByteString;
  /** EHLO first, HELO when that is refused; 'helo' is qmail's old way. */
  readonly greet: 'ehlo' | 'helo';
  /** False: PIPELINING is not used although it is offered; one command, one reply. Default true. */
  readonly pipelining?: boolean;
  /** STARTTLS is used where it is offered (RFC 3207); where the server then refuses it, the session goes on without. */
  readonly starttls?: boolean;
  /** What is said with AUTH PLAIN (RFC 4616) before the first transaction, in base64; absent: nobody logs in. */
  readonly login?: ByteString | undefined;
}

export type SmtpClientEvent =
  /** Greeting and EHLO are through: `begin` may be called. */
  | { readonly tag: 'ready'; readonly extensions: ReadonlySet<string> }
  /** The server waits for TLS to begin: call `secured` when it has, or `lost`. Nothing is said before. */
  | { readonly tag: 'starttls' }
  /** Only for a streamed transaction: the server wants the body, call `piece` now. */
  | { readonly tag: 'go' }
  /**
   * The transaction under way is over; outcomes in the order of its recipients (spec remote.md §5, §6). `stale`: on a
   * connection used before, the server had gone (421 or end) before it took this MAIL: try at once on a new connection.
   */
  | { readonly tag: 'report'; readonly outcomes: readonly Outcome[]; readonly usable: boolean; readonly stale: boolean }
  /** Nothing more can be sent on this connection. `outcome` explains it when no transaction was under way. */
  | { readonly tag: 'closed'; readonly outcome: Outcome | undefined };

/** The client of either protocol; the QMTP one has no greeting and never overlaps. */
export interface SmtpClient {
  receive(chunk: Uint8Array): void;
  next(): SmtpClientEvent | undefined;
  /**
   * Starts a transaction: while ready and none is under way, or while `overlaps`. Everything allowed by PIPELINING
   * goes out at once; reports come in the order of the transactions.
   */
  begin(transaction: Transaction): void;
  /** A transaction is under way and the next one may begin already: its commands go out together with the final dot. */
  readonly overlaps: boolean;
  /** The next piece of a streamed body, wire form; `last` ends the message. Only between `go` and the last piece. */
  piece(bytes: Uint8Array, last: boolean): void;
  /** In place of the next piece: the body cannot be had to its end; all recipients get `message`, the connection is lost. */
  cancel(message: Outcome): void;
  quit(): void;
  /** The connection ended or timed out under the session. */
  lost(): void;
  /** The report of the last transaction, or of a failed greeting, as qmail-remote writes it (spec remote.md §6). */
  rawReport(): ByteString;
  /** Bytes to send, in order: command text and body pieces (views of the transaction's, not copied). */
  output(): readonly (ByteString | Uint8Array)[];
}
